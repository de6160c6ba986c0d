//! The line to the business, and how it breaks: one connection reset in the middle of a call, or all of them cut and
//! nobody able to connect for a while.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use futures_util::future::{BoxFuture, FutureExt};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// The pause between two tries to listen or to accept again.
const PAUSE: Duration = Duration::from_millis(20);

/// Breaks the whole line. Clones break the same one.
#[derive(Clone, Default)]
pub struct Breaker(watch::Sender<Duration>);

impl Breaker {
    /// Cuts every connection, and lets nobody connect for this long.
    pub fn trip(&self, down: Duration) {
        self.0.send_replace(down);
    }
}

/// Where the business connects.
pub struct Line {
    /// None while the line is broken.
    listener: Option<TcpListener>,
    address: SocketAddr,
    breaker: Breaker,
    broken: watch::Receiver<Duration>,
}

impl Line {
    /// A line that this breaker breaks.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn new(listener: TcpListener, breaker: Breaker) -> io::Result<Self> {
        let broken = breaker.0.subscribe();
        Ok(Self { address: listener.local_addr()?, listener: Some(listener), breaker, broken })
    }

    /// Listens again, after a while in which nobody does.
    async fn come_back(&mut self) {
        let down = *self.broken.borrow_and_update();
        self.listener = None;
        tokio::time::sleep(down).await;
        while self.listener.is_none() {
            match TcpListener::bind(self.address).await {
                Ok(listener) => self.listener = Some(listener),
                Err(error) => {
                    tracing::warn!(%error, "the emulator does not listen yet");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

impl Listener for Line {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        loop {
            let Some(listener) = &self.listener else {
                self.come_back().await;
                continue;
            };
            tokio::select! {
                biased;
                Ok(()) = self.broken.changed() => self.come_back().await,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => return (Wire::new(stream, &self.breaker), peer),
                    Err(error) => {
                        tracing::warn!(%error, "a connection was not accepted");
                        tokio::time::sleep(PAUSE).await;
                    }
                },
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// One connection.
pub struct Wire {
    stream: TcpStream,
    end: End,
    broken: BoxFuture<'static, ()>,
}

/// How a call reaches its own connection.
#[derive(Clone, Default)]
pub struct End {
    reset: Arc<AtomicBool>,
    spared: Arc<AtomicBool>,
}

impl End {
    /// Nothing more leaves on this connection: the other side sees it reset.
    pub fn reset(&self) {
        self.reset.store(true, Ordering::SeqCst);
    }

    /// This connection outlives a break of the line.
    pub fn spare(&self) {
        self.spared.store(true, Ordering::SeqCst);
    }
}

impl Connected<IncomingStream<'_, Line>> for End {
    fn connect_info(stream: IncomingStream<'_, Line>) -> Self {
        stream.io().end.clone()
    }
}

impl Wire {
    fn new(stream: TcpStream, breaker: &Breaker) -> Self {
        let mut news = breaker.0.subscribe();
        let broken = async move {
            if news.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        Self { stream, end: End::default(), broken: broken.boxed() }
    }

    /// The stream, unless it is to break now.
    fn whole(&mut self, cx: &mut Context<'_>) -> io::Result<Pin<&mut TcpStream>> {
        let spared = self.end.spared.load(Ordering::SeqCst);
        if self.end.reset.load(Ordering::SeqCst) || (!spared && self.broken.poll_unpin(cx).is_ready()) {
            self.end.reset();
            self.stream.set_zero_linger()?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(Pin::new(&mut self.stream))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.whole(cx)?.poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.whole(cx)?.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.whole(cx)?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.whole(cx)?.poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.whole(cx)?.poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
