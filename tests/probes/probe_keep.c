// SPDX-License-Identifier: GPL-3.0-or-later
/* What was set on the socket before connect(2) holds after it */
#include <netinet/in.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include "probe.h"

static void flags_of(int type_flags, int status, int fdflags)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, type_flags), r;

	r = connect(fd, &p.sa, p.len);
	NEED(r == 0 || errno == EINPROGRESS);
	NEED(wait_for(fd, POLLOUT, 5000) & POLLOUT);
	CHECK_INT(OK(fcntl(fd, F_GETFL)) & (O_NONBLOCK | O_ACCMODE | O_APPEND),
		  status | O_RDWR);
	CHECK_INT(OK(fcntl(fd, F_GETFD)), fdflags);
	OK(close(fd));
}

static void flags(void)
{
	flags_of(0, 0, 0);
	flags_of(SOCK_NONBLOCK, O_NONBLOCK, 0);
	flags_of(SOCK_CLOEXEC, 0, FD_CLOEXEC);
	flags_of(SOCK_NONBLOCK | SOCK_CLOEXEC, O_NONBLOCK, FD_CLOEXEC);
}

/* FIONBIO and F_SETFL say the same in two ways, before and after. */
static void changed(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0), one = 1, zero = 0, r;
	char c;

	OK(ioctl(fd, FIONBIO, &one));
	OK(fcntl(fd, F_SETFD, FD_CLOEXEC));
	r = connect(fd, &p.sa, p.len);
	NEED(r == 0 || errno == EINPROGRESS);
	NEED(wait_for(fd, POLLOUT, 5000) & POLLOUT);
	CHECK(OK(fcntl(fd, F_GETFL)) & O_NONBLOCK);
	FAILS(recv(fd, &c, 1, 0), EAGAIN);
	OK(ioctl(fd, FIONBIO, &zero));
	CHECK(!(OK(fcntl(fd, F_GETFL)) & O_NONBLOCK));
	OK(fcntl(fd, F_SETFL, O_NONBLOCK));
	FAILS(recv(fd, &c, 1, 0), EAGAIN);
	CHECK_INT(OK(fcntl(fd, F_GETFD)), FD_CLOEXEC);
	echo(fd);
	OK(close(fd));
}

/* The number is the same and the lowest free ones stay free. */
static void number(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0), next;

	OK(connect(fd, &p.sa, p.len));
	next = sock(AF_INET, 0);
	CHECK_INT(next, fd + 1);
	OK(connect(next, &p.sa, p.len));
	echo(fd);
	echo(next);
	OK(close(fd));
	CHECK_INT(dup(next), fd);
	echo(fd);
	OK(close(next));
	OK(close(fd));
}

static void set_tv(int fd, int name, long ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	OK(setsockopt(fd, SOL_SOCKET, name, &tv, sizeof(tv)));
}

static void check_tv(int fd, int name, long ms)
{
	struct timeval tv = { 0 };
	socklen_t len = sizeof(tv);
	long got;

	OK(getsockopt(fd, SOL_SOCKET, name, &tv, &len));
	CHECK_INT(len, sizeof(tv));
	got = tv.tv_sec * 1000 + tv.tv_usec / 1000;
	CHECK(got >= ms && got <= ms + 20, "%ld ms, expected %ld", got, ms);
}

static void timeouts(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0);
	long began, took;
	char c;

	set_tv(fd, SO_RCVTIMEO, 200);
	set_tv(fd, SO_SNDTIMEO, 7000);
	OK(connect(fd, &p.sa, p.len));
	check_tv(fd, SO_RCVTIMEO, 200);
	check_tv(fd, SO_SNDTIMEO, 7000);
	began = now_ms();
	FAILS(recv(fd, &c, 1, 0), EAGAIN);
	took = now_ms() - began;
	CHECK(took >= 190 && took < 1500, "after %ld ms", took);
	set_tv(fd, SO_RCVTIMEO, 100);
	check_tv(fd, SO_RCVTIMEO, 100);
	FAILS(recv(fd, &c, 1, 0), EAGAIN);
	echo(fd);
	OK(close(fd));
}

static void linger(void)
{
	struct linger l = { .l_onoff = 1, .l_linger = 3 }, got = { 0 };
	struct peer p = peer(AF_INET, PORT_ECHO);
	socklen_t len = sizeof(got);
	int fd = sock(AF_INET, 0), on = 1, v = 0;

	OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	OK(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)));
	OK(connect(fd, &p.sa, p.len));
	OK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &got, &len));
	CHECK_INT(len, sizeof(got));
	CHECK_INT(got.l_onoff, 1);
	CHECK_INT(got.l_linger, 3);
	len = sizeof(v);
	OK(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &v, &len));
	CHECK_INT(v, 1);
	CHECK_INT(len, sizeof(v));
	v = 0;
	OK(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &v, sizeof(v)));
	OK(getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &v, &len));
	CHECK_INT(v, 0);
	OK(close(fd));
}

static volatile sig_atomic_t sigio, sigio_fd;

static void on_sigio(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	sigio++;
	sigio_fd = info->si_fd;
}

static void owner(void)
{
	struct sigaction sa = { .sa_sigaction = on_sigio,
				.sa_flags = SA_SIGINFO | SA_RESTART };
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0);

	NEED(sigaction(SIGUSR2, &sa, NULL) == 0);
	OK(fcntl(fd, F_SETOWN, getpid()));
	OK(fcntl(fd, F_SETSIG, SIGUSR2));
	OK(fcntl(fd, F_SETFL, O_ASYNC));
	OK(connect(fd, &p.sa, p.len));
	CHECK_INT(OK(fcntl(fd, F_GETOWN)), getpid());
	CHECK_INT(OK(fcntl(fd, F_GETSIG)), SIGUSR2);
	CHECK(OK(fcntl(fd, F_GETFL)) & O_ASYNC);
	sigio = 0;
	echo(fd);
	CHECK(sigio > 0, "no signal when data came");
	CHECK_INT(sigio_fd, fd);
	OK(close(fd));
}

/* Whatever the target's kind of socket makes of them, asking is no error. */
static void buffers(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, 0), want = 65536, v = 0, on = 1;
	socklen_t len = sizeof(v);

	OK(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want)));
	OK(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &want, sizeof(want)));
	OK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	OK(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)));
	OK(setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)));
	OK(connect(fd, &p.sa, p.len));
	OK(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &v, &len));
	CHECK(v > 0);
	if (!probe_differs_here(DIFFER_RCVBUF))
		CHECK_INT(v, 2 * want);
	OK(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want)));
	OK(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &want, sizeof(want)));
	OK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	OK(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)));
	OK(getsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &v, &len));
	CHECK_INT(v, 1);
	OK(setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)));
	OK(getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &v, &len));
	CHECK_INT(v, 1);
	echo(fd);
	OK(close(fd));
}

/* bind() before connect(): curl --interface, Java, Happy Eyeballs. */
static void bound(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET }, got;
	struct peer p = peer(AF_INET, PORT_ECHO);
	socklen_t len = sizeof(got);
	int fd = sock(AF_INET, 0), port;

	OK(bind(fd, (struct sockaddr *)&any, sizeof(any)));
	OK(getsockname(fd, (struct sockaddr *)&got, &len));
	port = got.sin_port;
	CHECK(port != 0);
	OK(connect(fd, &p.sa, p.len));
	len = sizeof(got);
	OK(getsockname(fd, (struct sockaddr *)&got, &len));
	CHECK_INT(got.sin_port, port);
	CHECK(got.sin_addr.s_addr != INADDR_ANY);
	echo(fd);
	OK(close(fd));
}

PROBE_MAIN({ "O_NONBLOCK and FD_CLOEXEC, in all four combinations", flags },
	   { "FIONBIO, F_SETFL and F_SETFD, before and after", changed },
	   { "the descriptor keeps its number, no other is taken", number },
	   { "SO_RCVTIMEO and SO_SNDTIMEO", timeouts },
	   { "SO_LINGER and SO_KEEPALIVE", linger },
	   { "F_SETOWN, F_SETSIG and O_ASYNC", owner },
	   { "buffer sizes and other options of SOL_SOCKET", buffers },
	   { "bind() before connect()", bound })
