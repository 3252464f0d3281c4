// SPDX-License-Identifier: GPL-3.0-or-later
/* connect(2) again on the same descriptor: what inet_stream_connect() of
 * Linux's net/ipv4/af_inet.c answers in each state of the socket */
#include "probe.h"

static const struct sockaddr unspec = { .sa_family = AF_UNSPEC };

static void connected(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	struct peer other = peer(AF_INET, PORT_HELLO);
	int fd = dial(PORT_ECHO);

	FAILS(connect(fd, &p.sa, p.len), EISCONN);
	FAILS(connect(fd, &p.sa, p.len), EISCONN);
	FAILS(connect(fd, &other.sa, other.len), EISCONN);
	echo(fd);
	OK(close(fd));
}

/* The first connect() after completion returns 0, which some clients wait
 * for instead of SO_ERROR. */
static void completed(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, SOCK_NONBLOCK);

	FAILS(connect(fd, &p.sa, p.len), EINPROGRESS);
	NEED(wait_for(fd, POLLOUT, 5000) & POLLOUT);
	OK(connect(fd, &p.sa, p.len));
	FAILS(connect(fd, &p.sa, p.len), EISCONN);
	echo(fd);
	OK(close(fd));
}

static void completed_so_error(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, SOCK_NONBLOCK);

	FAILS(connect(fd, &p.sa, p.len), EINPROGRESS);
	NEED(wait_for(fd, POLLOUT, 5000) & POLLOUT);
	CHECK_INT(so_error(fd), 0);
	OK(connect(fd, &p.sa, p.len));
	FAILS(connect(fd, &p.sa, p.len), EISCONN);
	OK(close(fd));
}

/* In progress, then made blocking: connect() waits. */
static void waits(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, SOCK_NONBLOCK);

	FAILS(connect(fd, &p.sa, p.len), EINPROGRESS);
	OK(fcntl(fd, F_SETFL, O_RDWR));
	OK(connect(fd, &p.sa, p.len));
	FAILS(connect(fd, &p.sa, p.len), EISCONN);
	echo(fd);
	OK(close(fd));
}

static void pending(void)
{
	struct peer p = peer(AF_INET, PORT_HOLE);
	int fd = sock(AF_INET, SOCK_NONBLOCK), re;

	probe_differs(DIFFER_PENDING);
	FAILS(connect(fd, &p.sa, p.len), EINPROGRESS);
	FAILS(connect(fd, &p.sa, p.len), EALREADY);
	re = wait_for(fd, POLLOUT | POLLIN, 100);
	CHECK(!re, "revents 0x%x", re);
	CHECK_INT(so_error(fd), 0);
	FAILS(connect(fd, &p.sa, p.len), EALREADY);
	OK(close(fd));
}

static void retry_blocking(void)
{
	struct peer bad = peer(AF_INET, PORT_REFUSED);
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0);

	FAILS(connect(fd, &bad.sa, bad.len), ECONNREFUSED);
	FAILS(connect(fd, &bad.sa, bad.len), ECONNREFUSED);
	OK(connect(fd, &p.sa, p.len));
	echo(fd);
	FAILS(connect(fd, &p.sa, p.len), EISCONN);
	OK(close(fd));
}

static int refused_nonblocking(void)
{
	struct peer bad = peer(AF_INET, PORT_REFUSED);
	int fd = sock(AF_INET, SOCK_NONBLOCK);

	FAILS(connect(fd, &bad.sa, bad.len), EINPROGRESS);
	NEED(wait_for(fd, POLLOUT, 5000) & POLLOUT);
	return fd;
}

static void finish(int fd)
{
	struct peer p = peer(AF_INET, PORT_ECHO);

	FAILS(connect(fd, &p.sa, p.len), EINPROGRESS);
	NEED(wait_for(fd, POLLOUT, 5000) & POLLOUT);
	CHECK_INT(so_error(fd), 0);
	echo(fd);
	OK(close(fd));
}

/* The error is told once: here by connect(). */
static void retry_nonblocking(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd;

	probe_differs(DIFFER_PENDING);
	fd = refused_nonblocking();
	FAILS(connect(fd, &p.sa, p.len), ECONNREFUSED);
	finish(fd);
}

/* Told by SO_ERROR, connect() has only ECONNABORTED left to say. */
static void retry_so_error(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd;

	probe_differs(DIFFER_PENDING);
	fd = refused_nonblocking();
	CHECK_INT(so_error(fd), ECONNREFUSED);
	FAILS(connect(fd, &p.sa, p.len), ECONNABORTED);
	finish(fd);
}

static void retry_after_send(void)
{
	struct peer bad = peer(AF_INET, PORT_REFUSED);
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0);
	char c = 0;

	FAILS(connect(fd, &bad.sa, bad.len), ECONNREFUSED);
	FAILS(send(fd, &c, 1, MSG_NOSIGNAL), EPIPE);
	OK(connect(fd, &p.sa, p.len));
	echo(fd);
	OK(close(fd));
}

static void dead_io(void)
{
	struct peer bad = peer(AF_INET, PORT_REFUSED);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd = sock(AF_INET, 0);

	FAILS(connect(fd, &bad.sa, bad.len), ECONNREFUSED);
	FAILS(getpeername(fd, (struct sockaddr *)&ss, &len), ENOTCONN);
	OK(getsockname(fd, (struct sockaddr *)&ss, &len));
	CHECK_INT(ss.ss_family, AF_INET);
	FAILS(shutdown(fd, SHUT_WR), ENOTCONN);
	OK(close(fd));
}

static void disconnect(void)
{
	struct sockaddr_storage ss;
	struct peer p = peer(AF_INET, PORT_ECHO);
	socklen_t len = sizeof(ss);
	int fd = dial(PORT_ECHO);

	echo(fd);
	OK(connect(fd, &unspec, sizeof(unspec)));
	FAILS(getpeername(fd, (struct sockaddr *)&ss, &len), ENOTCONN);
	OK(connect(fd, &p.sa, p.len));
	echo(fd);
	OK(connect(fd, &unspec, sizeof(unspec)));
	OK(connect(fd, &unspec, sizeof(unspec)));
	OK(close(fd));
}

static void disconnect_pending(void)
{
	struct peer p = peer(AF_INET, PORT_HOLE);
	int fd = sock(AF_INET, SOCK_NONBLOCK);

	probe_differs(DIFFER_PENDING);
	FAILS(connect(fd, &p.sa, p.len), EINPROGRESS);
	OK(connect(fd, &unspec, sizeof(unspec)));
	finish(fd);
}

/* A socket that the peer has left is connected all the same. */
static void after_eof(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = dial(PORT_BYE);
	char c;

	CHECK_INT(OK(read(fd, &c, 1)), 0);
	FAILS(connect(fd, &p.sa, p.len), EISCONN);
	OK(close(fd));
}

PROBE_MAIN({ "connected: EISCONN, and it goes on working", connected },
	   { "completed: 0 once, then EISCONN", completed },
	   { "completed and SO_ERROR read: 0 once, then EISCONN",
	     completed_so_error },
	   { "in progress, then blocking: waits", waits },
	   { "in progress: EALREADY, not writable, SO_ERROR 0", pending },
	   { "refused, blocking, then the good port", retry_blocking },
	   { "refused, non-blocking, error from connect(), then the good port",
	     retry_nonblocking },
	   { "refused, non-blocking, error from SO_ERROR, then the good port",
	     retry_so_error },
	   { "refused, a send, then the good port", retry_after_send },
	   { "refused: no peer, a local name", dead_io },
	   { "AF_UNSPEC disconnects, and connect() works again", disconnect },
	   { "AF_UNSPEC gives up what is in progress", disconnect_pending },
	   { "after the peer has left: EISCONN", after_eof })
