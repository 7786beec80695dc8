//! Ports of this machine.
use anyhow::{Result, bail};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

/// Takes a port, or says in one sentence which flag chooses another.
pub fn listen(port: u16, flag: &str) -> Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("port {port} is in use: stop the program that holds it, or choose another port with {flag}")
        }
        Err(error) => bail!("port {port} cannot be opened ({error}): choose another port with {flag}"),
    }
}

/// A port that nobody uses; somebody could take it before we do, which a test run survives by being run again.
pub fn free() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_named_with_its_flag() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = taken.local_addr().expect("an address").port();
        let error = listen(port, "--server-port").expect_err("is in use").to_string();
        assert!(error.contains(&port.to_string()) && error.contains("--server-port"), "{error}");
        assert!(listen(0, "--port").is_ok());
    }
}
