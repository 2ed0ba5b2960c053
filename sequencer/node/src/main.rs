//! `ballast-node`: stdout is the result of a command, stderr is talk.

use ballast_bridge::threads;
use ballast_node::{
    app,
    config::{Config, LogConfig},
    fatal,
};
use ballast_types::PoolId;
use clap::{Args, Parser, Subcommand};
use std::{io::Write, net::SocketAddr, path::PathBuf};

/// The sequencer of the exchange.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the node until SIGINT or SIGTERM.
    Run(Options),
    /// Print the genesis header for the deployment of the contracts, as one line of JSON.
    Genesis {
        /// File of the genesis.
        #[arg(long)]
        genesis: PathBuf,
    },
    /// Replay the journal and print where it leads, as one line of JSON.
    Replay {
        #[command(flatten)]
        options: Options,
        /// Begin at genesis, not at the newest snapshot.
        #[arg(long)]
        from_genesis: bool,
    },
    /// Print which pools are set aside, as a fault was found in them, as one line of JSON. The node must not run.
    Quarantine {
        #[command(flatten)]
        options: Options,
        /// End it for this pool before that: where what failed cannot come again.
        #[arg(long)]
        lift: Option<u16>,
    },
    /// Print the configuration as it is used, as TOML.
    Config(Options),
}

/// Overrides of the configuration file.
#[derive(Args)]
struct Options {
    /// Configuration file.
    #[arg(long, env = "BALLAST_CONFIG")]
    config: Option<PathBuf>,
    /// Directory of the journal.
    #[arg(long, env = "BALLAST_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// File of the genesis.
    #[arg(long, env = "BALLAST_GENESIS")]
    genesis: Option<PathBuf>,
    /// File with the sequencer's key.
    #[arg(long, env = "BALLAST_SEQUENCER_KEY_FILE")]
    sequencer_key_file: Option<PathBuf>,
    /// Address of HTTP and WebSocket.
    #[arg(long, env = "BALLAST_RPC_ADDRESS")]
    rpc_address: Option<SocketAddr>,
    /// HTTP endpoint of an L1 node.
    #[arg(long, env = "BALLAST_L1_ENDPOINT")]
    l1_endpoint: Option<String>,
    /// File with the addresses of the contracts.
    #[arg(long, env = "BALLAST_L1_DEPLOYMENT")]
    l1_deployment: Option<PathBuf>,
    /// File with the key that pays for posting.
    #[arg(long, env = "BALLAST_POSTER_KEY_FILE")]
    poster_key_file: Option<PathBuf>,
    /// File with the key that pays for showing inputs that are demanded on L1; the poster's when left out.
    #[arg(long, env = "BALLAST_DEMAND_KEY_FILE")]
    demand_key_file: Option<PathBuf>,
    /// Directory of the web page.
    #[arg(long, env = "BALLAST_WEB_DIR")]
    web_dir: Option<PathBuf>,
    /// Address of the exporter for Prometheus.
    #[arg(long, env = "BALLAST_METRICS_ADDRESS")]
    metrics_address: Option<SocketAddr>,
    /// Threads that an answer waits for run in real time, before all else on the machine, where the system lets them.
    #[arg(long)]
    real_time: bool,
    /// Filter of the log.
    #[arg(long, env = "BALLAST_LOG")]
    log: Option<String>,
    /// One JSON object a line of the log.
    #[arg(long)]
    log_json: bool,
}

impl Options {
    fn resolve(self) -> eyre::Result<Config> {
        let mut config = Config::load(self.config.as_deref())?;
        set(&mut config.data_dir, self.data_dir);
        set(&mut config.genesis, self.genesis);
        set(&mut config.sequencer_key_file, self.sequencer_key_file);
        set(&mut config.rpc.address, self.rpc_address);
        set(&mut config.log.filter, self.log);
        config.l1.endpoint = self.l1_endpoint.or(config.l1.endpoint);
        config.l1.deployment = self.l1_deployment.or(config.l1.deployment);
        config.l1.poster_key_file = self.poster_key_file.or(config.l1.poster_key_file);
        config.l1.demand_key_file = self.demand_key_file.or(config.l1.demand_key_file);
        config.web_dir = self.web_dir.or(config.web_dir);
        config.metrics.address = self.metrics_address.or(config.metrics.address);
        config.pipeline.real_time |= self.real_time;
        config.log.json |= self.log_json;
        config.check()?;
        Ok(config)
    }
}

fn set<T>(field: &mut T, over: Option<T>) {
    if let Some(over) = over {
        *field = over;
    }
}

fn main() -> eyre::Result<()> {
    match Cli::parse().command {
        Command::Run(options) => run(options.resolve()?),
        Command::Genesis { genesis } => print(&serde_json::to_string(&app::genesis(&genesis)?)?),
        Command::Replay { options, from_genesis } => {
            let config = options.resolve()?;
            print(&serde_json::to_string(&app::replay(&config, from_genesis)?)?)
        }
        Command::Quarantine { options, lift } => {
            let aside = app::quarantine(&options.resolve()?, lift.map(PoolId))?;
            print(&serde_json::to_string(&aside)?)
        }
        Command::Config(options) => print(toml::to_string(&options.resolve()?)?.trim_end()),
    }
}

fn run(mut config: Config) -> eyre::Result<()> {
    start_log(&config.log)?;
    fatal::abort_on_panic();
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all();
    if config.pipeline.real_time {
        config.pipeline.real_time = threads::allow_real_time();
        // Who serves sockets comes by before its first rest; a thread that may block never does, and begins as who started it.
        runtime.on_thread_start(threads::ordinary).on_thread_park(threads::real_time);
    }
    runtime.build()?.block_on(app::run(config, stop_signal()))?;
    Ok(())
}

fn start_log(config: &LogConfig) -> eyre::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.filter)?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config.json {
        log.json().init()
    } else {
        log.init()
    }
    Ok(())
}

/// Resolves at SIGINT or SIGTERM.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("a handler of SIGTERM can be set");
    tokio::select! {
        _ = terminate.recv() => {}
        // Without a handler only SIGTERM stops the node.
        Ok(()) = tokio::signal::ctrl_c() => {}
    }
}

fn print(line: &str) -> eyre::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}
