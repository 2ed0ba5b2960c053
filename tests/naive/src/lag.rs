//! What follows while L1 takes no batch (protocol, "Settlement lag").

use ballast_types::{
    BatchIndex, Millis,
    limits::{LAG_MS, STALLED_MS},
};

use crate::exchange::Exchange;

impl Exchange {
    /// The same exchange where settlement lag counts.
    #[must_use]
    pub fn minding_lag(mut self) -> Self {
        self.minds_lag = true;
        self
    }

    /// A batch is sealed, the open one.
    pub(crate) fn note_sealed(&mut self) {
        if !self.minds_lag {
            return;
        }
        self.sealed = self.time;
        if self.checkpoint.is_none() {
            self.checkpoint = Some((self.batch, self.time));
        }
    }

    /// L1 took a batch.
    pub(crate) fn note_posted(&mut self, taken: BatchIndex) {
        let newest = BatchIndex(self.batch.0 - 1);
        if !self.minds_lag || newest == BatchIndex(0) {
            return;
        }
        if taken >= newest {
            self.posted = self.posted.max(self.sealed);
            self.checkpoint = None;
        } else if let Some((batch, sealed)) = self.checkpoint
            && taken >= batch
        {
            self.posted = self.posted.max(sealed);
            self.checkpoint = Some((newest, self.sealed));
        }
    }

    /// A price report was accepted: the stage may be another.
    pub(crate) fn move_stage(&mut self) {
        if !self.minds_lag {
            return;
        }
        if self.posted == Millis(0) {
            self.posted = self.time;
        }
        let (lag, was) = (self.time.0.saturating_sub(self.posted.0), self.stage);
        let stage = if lag > STALLED_MS || was == 2 && lag >= STALLED_MS / 2 {
            2
        } else if lag > LAG_MS || was > 0 && lag >= LAG_MS / 2 {
            1
        } else {
            0
        };
        if stage != was && (stage == 0 || was == 0) {
            self.keep_buckets();
        }
        self.stage = stage;
    }
}
