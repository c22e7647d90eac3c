//! Starts and stops; everything else is in the library.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use credence::app::{App, Ended, Reloader};
use credence::commands::backup::{Backup, Restore};
use credence::commands::{demo, export, grade, healthcheck, import, ledger, policies};
use credence::config::{self, Config};
use credence::domain::revision::Instant;
use credence::telemetry;
use credence::testkit::generator::District;
use credence::testkit::records::Authorities;
use tokio::sync::oneshot;

/// Graded and classified credit supervision of a district, as a gRPC service.
#[derive(Parser)]
#[command(name = "credence", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until SIGTERM or Ctrl-C.
    Serve(Serve),
    /// Sends a district's year through the real service and prints what it counts.
    Demo(demo::Options),
    /// 导入部门文件（CSV、XLSX）/ Imports files of departments, CSV or XLSX.
    Import(import::Options),
    /// 导出清单或空表（CSV、XLSX）/ Exports lists and empty tables, CSV or XLSX.
    Export(export::Options),
    /// Checks or exports a ledger while no server runs.
    #[command(subcommand)]
    Ledger(ledger::Command),
    /// Saves the ledger to another folder, also while a server runs on it.
    Backup(Backup),
    /// Brings a backup back into an empty folder, as a new epoch.
    Restore(Restore),
    /// 检查、试算、解释政策文件 / Checks, tests or explains policies.
    #[command(subcommand)]
    Policies(policies::Command),
    /// 复算等级 / Evaluates grades again, offline.
    #[command(subcommand)]
    Grade(grade::Command),
    /// Checks or prints the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Asks a running server for its health; exit code 0 if it serves.
    Healthcheck(healthcheck::Options),
    /// Prints the version.
    Version,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Says whether the settings can be used.
    Check(Serve),
    /// Prints every setting with where it comes from.
    Print(Serve),
}

#[derive(clap::Args)]
struct Serve {
    /// A settings file; the variable CREDENCE_CONFIG may name one too.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Any setting of `config print`, as NAME=VALUE; may be given more than once.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// The data folder.
    #[arg(long)]
    data: Option<String>,
    /// Address and port to listen on.
    #[arg(long)]
    listen: Option<String>,
    /// The list of principals: who may call, and in which roles.
    #[arg(long, value_name = "FILE")]
    principals: Option<String>,
    /// The server's certificate, PEM; the listener then speaks TLS.
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
    /// The key of the certificate, PEM.
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// The authorities, PEM, that certificates of clients are checked by.
    #[arg(long, value_name = "FILE")]
    client_ca: Option<String>,
    /// Serves beyond this machine without both TLS and a list of principals.
    #[arg(long)]
    insecure: bool,
    /// Starts a standing test clock at this instant (RFC 3339); loopback only.
    #[arg(long)]
    clock: Option<String>,
    /// Keeps the ledger up to this EPOCH.REVISION and gives up what follows; opens a new epoch.
    #[arg(long)]
    accept_loss_after: Option<String>,
}

impl Serve {
    fn flags(&self) -> Vec<(String, String)> {
        let named = [
            ("data", &self.data),
            ("listen", &self.listen),
            ("clock", &self.clock),
            ("accept_loss_after", &self.accept_loss_after),
            ("principals", &self.principals),
            ("tls_certificate", &self.tls_cert),
            ("tls_key", &self.tls_key),
            ("tls_client_authorities", &self.client_ca),
            ("insecure", &self.insecure.then(|| "true".to_owned())),
        ];
        let named = named
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
        let set = self.settings.iter().map(|text| match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => (text.clone(), String::new()),
        });
        named.chain(set).collect()
    }
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(options) => serve(&options),
        Command::Demo(options) => run(async move { demo::run(&options, demo_server).await }),
        Command::Import(options) => ExitCode::from(runtime().block_on(import::run(&options))),
        Command::Export(options) => ExitCode::from(runtime().block_on(export::run(&options))),
        Command::Ledger(command) => finish(command.run()),
        Command::Backup(options) => finish(options.take().map(|said| println!("{said}"))),
        Command::Restore(options) => finish(options.bring_back().map(|said| println!("{said}"))),
        Command::Policies(command) => finish(command.run()),
        Command::Grade(command) => command.run().unwrap_or_else(|error| {
            eprintln!("{error}");
            ExitCode::FAILURE
        }),
        Command::Config(ConfigCommand::Check(options)) => match load(&options) {
            Ok(_) => ExitCode::SUCCESS,
            Err(code) => code,
        },
        Command::Config(ConfigCommand::Print(options)) => print_settings(&options),
        Command::Healthcheck(options) => run(healthcheck::run(options)),
        Command::Version => {
            println!("credence {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
    }
}

fn load(options: &Serve) -> Result<Config, ExitCode> {
    Config::load(options.config.as_deref(), &options.flags()).map_err(|mistakes| {
        eprintln!("{mistakes}");
        ExitCode::from(config::EXIT_CODE)
    })
}

fn print_settings(options: &Serve) -> ExitCode {
    match Config::gather(options.config.as_deref(), config::environment(), &options.flags()) {
        Ok(settings) => {
            for (name, setting) in settings {
                println!("{name} = {:?}  # {}", setting.value, setting.origin);
            }
            ExitCode::SUCCESS
        }
        Err(mistakes) => {
            eprintln!("{mistakes}");
            ExitCode::from(config::EXIT_CODE)
        }
    }
}

/// After a write that failed half-way: whoever starts the process again is told so.
const EXIT_AFTER_FAILED_WRITE: u8 = 74;
/// The data folder does not open.
const EXIT_DATA: u8 = 65;

fn serve(options: &Serve) -> ExitCode {
    let config = match load(options) {
        Ok(config) => config,
        Err(code) => return code,
    };
    if let Err(error) = telemetry::init(config.log_format, &config.log_level) {
        eprintln!("{error}");
        return ExitCode::from(config::EXIT_CODE);
    }
    let app = match App::open(config) {
        Ok(app) => app,
        Err(error) => {
            tracing::error!("{error}");
            eprintln!("{error}");
            return ExitCode::from(EXIT_DATA);
        }
    };
    runtime().block_on(async {
        let listener = match app.bind().await {
            Ok(listener) => listener,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        };
        tokio::spawn(reload_at_hangup(app.reloader()));
        match app.serve(listener, stop_signal()).await {
            Ended::Cleanly => ExitCode::SUCCESS,
            Ended::AfterFailedWrite => ExitCode::from(EXIT_AFTER_FAILED_WRITE),
        }
    })
}

/// Starts a server for the demo, on a test clock.
async fn demo_server(data: PathBuf, listen: SocketAddr, begin: Instant) -> Result<demo::Running, String> {
    let config = Config::load(None, &[]).map_err(|mistakes| mistakes.to_string())?;
    let config = Config {
        data,
        listen,
        clock: Some(begin),
        ..config
    };
    let app = tokio::task::spawn_blocking(move || App::open(config));
    let app = app
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    let listener = app.bind().await.map_err(|error| error.to_string())?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let policies = app.policies();
    let district = District::of(&policies.catalog);
    let authorities = Authorities::of(&policies.catalog, &policies.attribution);
    let layouts = policies.layouts.clone();
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::spawn(async move {
        match app.serve(listener, async move { _ = stopped.await }).await {
            Ended::Cleanly => Ok(()),
            Ended::AfterFailedWrite => Err("a write failed half-way".to_owned()),
        }
    });
    Ok(demo::Running {
        address,
        district,
        authorities,
        layouts,
        stop,
        ended,
    })
}

/// Reads principals and certificates again at each SIGHUP.
async fn reload_at_hangup(reloader: Reloader) {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup()).expect("a handler for SIGHUP can be set");
    while hangup.recv().await.is_some() {
        let reloader = reloader.clone();
        _ = tokio::task::spawn_blocking(move || reloader.reload()).await;
    }
}

/// Completes at SIGTERM or Ctrl-C.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("a handler for SIGTERM can be set");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("threads can be started")
}

fn run<E: std::fmt::Display>(work: impl Future<Output = Result<(), E>>) -> ExitCode {
    finish(runtime().block_on(work))
}

fn finish<E: std::fmt::Display>(result: Result<(), E>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
