//! Compiles the wire contract and the stored records with protox: no `protoc` on the machine is needed.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use prost_types::FileDescriptorSet;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);

    let wire = compile("proto/credit/supervision/v1", &["proto", "third_party/proto"])?;
    // Reflection shows these and nothing else.
    fs::write(
        out.join("credit_supervision_v1.binpb"),
        protox::prost::Message::encode_to_vec(&wire),
    )?;
    tonic_prost_build::configure()
        .extern_path(".google.rpc.Status", "::tonic_types::Status")
        .compile_fds(wire)?;

    let stored = "proto_stored/credence/stored/v1";
    if Path::new(stored).is_dir() {
        let stored = compile(stored, &["proto_stored"])?;
        tonic_prost_build::configure()
            .build_client(false)
            .build_server(false)
            .compile_fds(stored)?;
    }
    Ok(())
}

/// Compiles all proto files of a folder, with what they import.
fn compile(folder: &str, includes: &[&str]) -> Result<FileDescriptorSet, Box<dyn Error>> {
    println!("cargo:rerun-if-changed={folder}");
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "proto") {
            println!("cargo:rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
    files.sort();
    for include in &includes[1..] {
        println!("cargo:rerun-if-changed={include}");
    }
    Ok(protox::compile(files, includes)?)
}
