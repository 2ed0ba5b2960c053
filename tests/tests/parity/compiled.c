// What a compiler makes of C for bare RV64IM: loops, calls, tables, narrow and wide integers. It fills `out`, writes it to the
// standard output, and exits. `SEED` is given on the command line.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef signed char i8;
typedef short i16;
typedef int i32;
typedef long i64;

#define SIZE 4096

// The linker puts it where the test looks for it.
__attribute__((section(".out"), aligned(32))) u8 out[SIZE] = {1};
__attribute__((aligned(16))) static u8 stack[1 << 16];
static u32 filled;
static u64 state = SEED;

void *memcpy(void *to, const void *from, u64 count) {
    for (u64 i = 0; i < count; i++) ((volatile u8 *)to)[i] = ((const u8 *)from)[i];
    return to;
}

void *memset(void *to, int value, u64 count) {
    for (u64 i = 0; i < count; i++) ((volatile u8 *)to)[i] = (u8)value;
    return to;
}

static u64 next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void tell(u64 value) {
    for (int i = 0; i < 8 && filled < SIZE; i++) out[filled++] = (u8)(value >> (8 * i));
}

static void sort(i64 *from, i64 *to) {
    if (to - from < 2) return;
    i64 pivot = from[(to - from) / 2], *left = from, *right = to - 1;
    while (left <= right) {
        while (*left < pivot) left++;
        while (*right > pivot) right--;
        if (left <= right) {
            i64 swapped = *left;
            *left++ = *right;
            *right-- = swapped;
        }
    }
    sort(from, right + 1);
    sort(left, to);
}

static void sorted(void) {
    i64 values[200];
    for (int i = 0; i < 200; i++) values[i] = (i64)next() >> (next() % 64);
    sort(values, values + 200);
    for (int i = 0; i < 200; i += 8) tell((u64)values[i]);
}

static u32 checksum(const u8 *bytes, u64 count) {
    u32 sum = 0xffffffff;
    for (u64 i = 0; i < count; i++) {
        sum ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
    }
    return ~sum;
}

static void narrow(void) {
    i8 small[64];
    u16 half[64];
    i16 signed_half[64];
    i32 word[64];
    for (int i = 0; i < 64; i++) {
        small[i] = (i8)next();
        half[i] = (u16)(small[i] * 3);
        signed_half[i] = (i16)(half[i] - 1000 * i);
        word[i] = signed_half[i] * small[i] - half[i];
    }
    for (int i = 0; i < 64; i += 4) tell((u64)(i64)word[i] ^ (u64)small[63 - i] << 40 ^ (u64)half[i] << 20);
    tell(checksum((const u8 *)word, sizeof word));
}

static void divided(void) {
    for (int i = 0; i < 40; i++) {
        u64 a = next(), b = next() >> (next() % 64) | 1;
        i32 c = (i32)next(), d = (i32)(next() % 1000) - 1001;
        tell(a / b ^ a % b);
        tell((u64)((i64)a / (i64)b) + (u64)((i64)a % (i64)b));
        tell((u64)(i64)(c / d) << 32 ^ (u32)(c % d));
        tell((u32)a / (u32)b + ((u64)((u32)a % (u32)b) << 32));
    }
}

static void wide(void) {
    unsigned __int128 sum = SEED;
    __int128 signed_sum = -(__int128)SEED;
    for (int i = 0; i < 30; i++) {
        sum = sum * next() + next();
        sum = sum << 11 | sum >> 117;
        signed_sum = signed_sum * (i64)next() - (signed_sum >> 3);
    }
    tell((u64)sum);
    tell((u64)(sum >> 64));
    tell((u64)signed_sum);
    tell((u64)(signed_sum >> 64));
}

static u64 chosen(u64 which, u64 value) {
    switch (which) {
    case 0: return value + 1;
    case 1: return value * 0x9e3779b97f4a7c15;
    case 2: return value << 21 | value >> 43;
    case 3: return ~value;
    case 4: return value ^ 0x0123456789abcdef;
    case 5: return value - (value << 7);
    case 6: return (u64)((i64)value >> 5);
    case 7: return (u32)value;
    default: return value >> 1;
    }
}

static u64 twice(u64 (*first)(u64, u64), u64 which, u64 value) { return first(which + 1, first(which, value)); }

static u64 deep(u64 m, u64 n) {
    if (m == 0) return n + 1;
    return n == 0 ? deep(m - 1, 1) : deep(m - 1, deep(m, n - 1));
}

struct packed {
    u64 low : 13;
    i64 middle : 27;
    u64 high : 24;
};

static void calls(void) {
    u64 value = SEED;
    struct packed packed = {0};
    for (int i = 0; i < 200; i++) {
        value = twice(chosen, next() % 9, value);
        packed.low += value;
        packed.middle -= (i64)(value >> 9);
        packed.high ^= value >> 33;
    }
    tell(value);
    tell(packed.low);
    tell((u64)packed.middle);
    tell(packed.high);
    tell(deep(2, next() % 20));
}

static i64 call(i64 number, i64 a, i64 b, i64 c) {
    register i64 a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c, a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
    return a0;
}

__attribute__((used, noreturn)) static void run(void) {
    sorted();
    narrow();
    divided();
    wide();
    calls();
    while (filled + 8 <= SIZE) tell(next());
    tell(checksum(out, SIZE - 8));
    call(64, 1, (i64)out, SIZE);
    call(93, 0, 0, 0);
    __builtin_unreachable();
}

// The machine starts with every register 0.
__attribute__((naked, noreturn)) void _start(void) {
    __asm__ volatile("la sp, %0\n li t0, %1\n add sp, sp, t0\n tail run" ::"i"(stack), "i"(sizeof stack));
}
