// SPDX-License-Identifier: GPL-3.0-or-later
/* Sockets that no route concerns: as without the shim.  The rest of the
 * probes says so too, in the form tcp-wrapped. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/un.h>

#include "probe.h"

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

/* A listener on 127.0.0.1; skips where lo is down. */
static int listener(struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);
	int fd = sock(AF_INET, 0), test = sock(AF_INET, 0), r, err;

	*at = loopback(0);
	OK(bind(fd, (struct sockaddr *)at, sizeof(*at)));
	OK(listen(fd, 5));
	OK(getsockname(fd, (struct sockaddr *)at, &len));
	r = connect(test, (struct sockaddr *)at, sizeof(*at));
	err = errno;
	OK(close(test));
	if (r == 0) {
		int other = accept(fd, NULL, NULL);

		OK(close(other));
		return fd;
	}
	CHECK_INT(err, ENETUNREACH);
	OK(close(fd));
	probe_skip("lo is down in this form, as in an enclave");
}

static void tcp(void)
{
	struct sockaddr_in at, name;
	socklen_t len = sizeof(name);
	int l = listener(&at), fd = sock(AF_INET, SOCK_CLOEXEC), other;
	char c = 0;

	OK(connect(fd, (struct sockaddr *)&at, sizeof(at)));
	other = accept4(l, (struct sockaddr *)&name, &len, SOCK_NONBLOCK);
	NEED(other >= 0);
	CHECK_INT(name.sin_family, AF_INET);
	OK(getpeername(fd, (struct sockaddr *)&name, &len));
	CHECK_INT(name.sin_port, at.sin_port);
	OK(getsockname(other, (struct sockaddr *)&name, &len));
	CHECK_INT(name.sin_port, at.sin_port);
	CHECK_INT(OK(send(fd, "a", 1, 0)), 1);
	CHECK_INT(OK(recv(other, &c, 1, MSG_WAITALL)), 1);
	FAILS(connect(fd, (struct sockaddr *)&at, sizeof(at)), EISCONN);
	FAILS(connect(l, (struct sockaddr *)&at, sizeof(at)), EISCONN);
	OK(close(fd));
	OK(close(other));
	OK(close(l));
	fd = sock(AF_INET, 0);
	FAILS(connect(fd, (struct sockaddr *)&at, sizeof(at)), ECONNREFUSED);
	OK(close(fd));
}

static void tcp_options(void)
{
	struct tcp_info ti;
	struct sockaddr_in at;
	int l = listener(&at), fd = sock(AF_INET, 0), on = 1, v = 0;
	socklen_t len = sizeof(ti);

	OK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
	OK(connect(fd, (struct sockaddr *)&at, sizeof(at)));
	OK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &ti, &len));
	CHECK_INT(ti.tcpi_state, TCP_ESTABLISHED);
	CHECK(ti.tcpi_snd_mss > 1000, "mss %u", ti.tcpi_snd_mss);
	len = sizeof(v);
	OK(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &v, &len));
	CHECK_INT(v, 1);
	OK(close(fd));
	OK(close(l));
}

static void unix_sockets(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX }, name;
	socklen_t len =
		sizeof(sa_family_t) + 1 +
		(socklen_t)sprintf(at.sun_path + 1, "probe.%d", getpid());
	socklen_t got = sizeof(name);
	int l = socket(AF_UNIX, SOCK_STREAM, 0);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), on = 1;

	OK(bind(l, (struct sockaddr *)&at, len));
	OK(listen(l, 1));
	OK(connect(fd, (struct sockaddr *)&at, len));
	FAILS(connect(fd, (struct sockaddr *)&at, len), EISCONN);
	OK(getpeername(fd, (struct sockaddr *)&name, &got));
	CHECK_INT(got, len);
	CHECK_INT(name.sun_family, AF_UNIX);
	FAILS(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)),
	      EOPNOTSUPP);
	OK(close(fd));
	OK(close(l));
}

static void udp(void)
{
	struct sockaddr_in at = loopback(0), from;
	socklen_t len = sizeof(at);
	int a = socket(AF_INET, SOCK_DGRAM, 0);
	int b = socket(AF_INET, SOCK_DGRAM, 0);
	char c = 0;

	OK(bind(a, (struct sockaddr *)&at, sizeof(at)));
	OK(getsockname(a, (struct sockaddr *)&at, &len));
	if (sendto(b, "u", 1, 0, (struct sockaddr *)&at, len) != 1) {
		CHECK_INT(errno, ENETUNREACH);
	} else {
		len = sizeof(from);
		CHECK_INT(OK(recvfrom(a, &c, 1, 0, (struct sockaddr *)&from,
				      &len)),
			  1);
		CHECK_INT(len, sizeof(from));
		CHECK_INT(from.sin_family, AF_INET);
	}
	OK(close(a));
	OK(close(b));
}

/* To where there is no route at all, in either sense. */
static void unreachable(void)
{
	struct sockaddr_in at = loopback(80);
	int fd = sock(AF_INET, 0);

	at.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1 */
	FAILS(connect(fd, (struct sockaddr *)&at, sizeof(at)), ENETUNREACH);
	FAILS(connect(fd, (struct sockaddr *)&at, sizeof(at)), ENETUNREACH);
	OK(close(fd));
}

static void unrelated(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	int p[2], ep = epoll_create1(0), twin, v = 0;
	socklen_t len = sizeof(v);

	NEED(pipe(p) == 0 && ep >= 0);
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e));
	FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &e), EEXIST);
	FAILS(epoll_ctl(ep, EPOLL_CTL_MOD, p[1], &e), ENOENT);
	FAILS(epoll_ctl(p[0], EPOLL_CTL_ADD, p[1], &e), EINVAL);
	FAILS(epoll_ctl(ep, 77, p[1], &e), EINVAL);
	twin = (int)OK(dup(p[0]));
	OK(fcntl(twin, F_SETFD, FD_CLOEXEC));
	FAILS(fcntl(twin, 0x7fff, 0), EINVAL);
	FAILS(getsockopt(twin, SOL_SOCKET, SO_ERROR, &v, &len), ENOTSOCK);
	FAILS(setsockopt(twin, SOL_SOCKET, SO_KEEPALIVE, &v, len), ENOTSOCK);
	CHECK_INT(OK(fcntl(p[1], F_SETPIPE_SZ, 65536)), 65536);
	OK(close(twin));
	OK(close(p[0]));
	OK(close(p[1]));
	OK(close(ep));
}

PROBE_MAIN({ "TCP over loopback", tcp }, { "its options", tcp_options },
	   { "unix sockets", unix_sockets }, { "UDP", udp },
	   { "no route to there", unreachable },
	   { "pipes, epoll, fcntl", unrelated })
