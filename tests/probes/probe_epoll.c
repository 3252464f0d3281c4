// SPDX-License-Identifier: GPL-3.0-or-later
/* epoll(7) with registrations made before connect(2), as Java's Selector,
 * nginx and asio make them: they must still be there after it */
#include <sys/epoll.h>

#include "probe.h"

#define MAGIC 0xfedcba9876543210ull

static int instance(void)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);

	NEED(ep >= 0);
	return ep;
}

static void ctl(int ep, int op, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };

	OK(epoll_ctl(ep, op, fd, &e));
}

/* One event or none within @ms; its data goes to @data. */
static uint32_t next(int ep, int ms, uint64_t *data)
{
	struct epoll_event e[4] = { 0 };
	int n = epoll_wait(ep, e, 4, ms);

	NEED(n >= 0);
	CHECK(n <= 1, "%d events, expected one", n);
	if (n && data)
		*data = e[0].data.u64;
	return n ? e[0].events : 0;
}

static void start(int fd, int port)
{
	struct peer p = peer(AF_INET, port);

	errno = PROBE_ERRNO;
	if (connect(fd, &p.sa, p.len) &&
	    !(errno == ECONNREFUSED && probe_differs_here(DIFFER_PENDING)))
		CHECK_INT(errno, EINPROGRESS);
}

static void ask(int fd)
{
	CHECK_INT(OK(send(fd, "x", 1, MSG_NOSIGNAL)), 1);
}

static void answer(int fd)
{
	char c = 0;

	NEED(wait_for(fd, POLLIN, 5000) & POLLIN);
	CHECK_INT(OK(recv(fd, &c, 1, 0)), 1);
	CHECK_INT(c, 'x');
}

static void level(void)
{
	int ep = instance(), fd = sock(AF_INET, SOCK_NONBLOCK);
	uint64_t data = 0;

	ctl(ep, EPOLL_CTL_ADD, fd, EPOLLOUT, MAGIC);
	CHECK_INT(next(ep, 0, &data) & EPOLLOUT, EPOLLOUT); /* OUT|HUP */
	start(fd, PORT_ECHO);
	CHECK_INT(next(ep, 5000, &data), EPOLLOUT);
	CHECK(data == MAGIC, "data 0x%llx", (unsigned long long)data);
	CHECK_INT(next(ep, 0, &data), EPOLLOUT);
	CHECK_INT(so_error(fd), 0);
	ctl(ep, EPOLL_CTL_MOD, fd, EPOLLIN, MAGIC + 1);
	CHECK_INT(next(ep, 0, NULL), 0);
	ask(fd);
	CHECK_INT(next(ep, 5000, &data), EPOLLIN);
	CHECK(data == MAGIC + 1);
	CHECK_INT(next(ep, 0, NULL), EPOLLIN);
	answer(fd);
	CHECK_INT(next(ep, 0, NULL), 0);
	OK(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
	FAILS(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL), ENOENT);
	OK(close(fd));
	OK(close(ep));
}

static void blocking(void)
{
	struct peer p = peer(AF_INET, PORT_HELLO);
	int ep = instance(), fd = sock(AF_INET, 0);
	uint64_t data = 0;

	ctl(ep, EPOLL_CTL_ADD, fd, EPOLLIN, MAGIC);
	OK(connect(fd, &p.sa, p.len));
	CHECK_INT(next(ep, 5000, &data), EPOLLIN);
	CHECK(data == MAGIC);
	OK(close(fd));
	CHECK_INT(next(ep, 0, NULL), 0);
	OK(close(ep));
}

static void edge(void)
{
	int ep = instance(), fd = sock(AF_INET, SOCK_NONBLOCK);
	uint64_t data = 0;

	ctl(ep, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT | EPOLLET, MAGIC);
	next(ep, 0, &data); /* the unconnected socket's OUT|HUP */
	start(fd, PORT_ECHO);
	CHECK_INT(next(ep, 5000, &data), EPOLLOUT);
	CHECK(data == MAGIC);
	CHECK_INT(next(ep, 20, NULL), 0);
	/* From here without EPOLLOUT: its edges come as the peer reads, and
	 * carry EPOLLIN along. */
	ctl(ep, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLET, MAGIC);
	ask(fd);
	CHECK_INT(next(ep, 5000, NULL), EPOLLIN);
	CHECK_INT(next(ep, 50, NULL), 0);
	ask(fd);
	CHECK_INT(next(ep, 5000, NULL), EPOLLIN);
	answer(fd);
	answer(fd);
	OK(close(fd));
	OK(close(ep));
}

static void oneshot(void)
{
	int ep = instance(), fd = sock(AF_INET, SOCK_NONBLOCK);
	uint64_t data = 0;

	ctl(ep, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT, MAGIC);
	next(ep, 0, NULL); /* HUP: the shot is gone */
	ctl(ep, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT, MAGIC);
	next(ep, 0, NULL);
	start(fd, PORT_ECHO);
	NEED(wait_for(fd, POLLOUT, 5000) == POLLOUT);
	ctl(ep, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT, MAGIC + 2);
	ask(fd);
	CHECK_INT(next(ep, 5000, &data), EPOLLIN);
	CHECK(data == MAGIC + 2);
	CHECK_INT(next(ep, 20, NULL), 0);
	ctl(ep, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT, MAGIC);
	CHECK_INT(next(ep, 5000, NULL), EPOLLIN);
	answer(fd);
	OK(close(fd));
	OK(close(ep));
}

/* A shot that has not been fired before connect() is fired once after it. */
static void oneshot_kept(void)
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int ep = instance(), fd = sock(AF_INET, 0);

	ctl(ep, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET | EPOLLONESHOT, MAGIC);
	OK(connect(fd, &p.sa, p.len));
	ask(fd);
	NEED(wait_for(fd, POLLIN, 5000) & POLLIN);
	CHECK(next(ep, 5000, NULL) != 0);
	CHECK_INT(next(ep, 20, NULL), 0);
	answer(fd);
	OK(close(fd));
	OK(close(ep));
}

static void two(void)
{
	int a = instance(), b = instance();
	int fd = sock(AF_INET, SOCK_NONBLOCK);
	uint64_t data = 0;

	ctl(a, EPOLL_CTL_ADD, fd, EPOLLIN, 1);
	ctl(b, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, MAGIC);
	next(b, 0, NULL);
	start(fd, PORT_ECHO);
	NEED(wait_for(fd, POLLOUT, 5000) == POLLOUT);
	next(b, 0, NULL);
	ask(fd);
	CHECK_INT(next(a, 5000, &data), EPOLLIN);
	CHECK(data == 1);
	CHECK_INT(next(b, 5000, &data), EPOLLIN);
	CHECK(data == MAGIC);
	CHECK_INT(next(b, 20, NULL), 0);
	CHECK_INT(next(a, 0, NULL), EPOLLIN);
	answer(fd);
	OK(epoll_ctl(a, EPOLL_CTL_DEL, fd, NULL));
	ask(fd);
	CHECK_INT(next(b, 5000, NULL), EPOLLIN);
	CHECK_INT(next(a, 0, NULL), 0);
	answer(fd);
	OK(close(fd));
	OK(close(a));
	OK(close(b));
}

/* An epoll instance inside another, as systemd and libuv's users nest them */
static void nested(void)
{
	int outer = instance(), inner = instance();
	int fd = sock(AF_INET, SOCK_NONBLOCK);

	ctl(outer, EPOLL_CTL_ADD, inner, EPOLLIN, 7);
	ctl(inner, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, 8);
	next(inner, 0, NULL);
	start(fd, PORT_ECHO);
	NEED(wait_for(fd, POLLOUT, 5000) == POLLOUT);
	next(inner, 0, NULL);
	ask(fd);
	CHECK_INT(next(outer, 5000, NULL), EPOLLIN);
	CHECK_INT(next(inner, 0, NULL), EPOLLIN);
	answer(fd);
	OK(close(fd));
	OK(close(inner));
	OK(close(outer));
}

/* Registered after connect(), or while it is in progress. */
static void after(void)
{
	int ep = instance(), fd = sock(AF_INET, SOCK_NONBLOCK);
	struct epoll_event e = { .events = EPOLLIN };

	start(fd, PORT_ECHO);
	ctl(ep, EPOLL_CTL_ADD, fd, EPOLLOUT | EPOLLET, MAGIC);
	FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e), EEXIST);
	CHECK_INT(next(ep, 5000, NULL), EPOLLOUT);
	echo(fd);
	OK(close(fd));
	OK(close(ep));
}

static void refused(void)
{
	int ep = instance(), fd = sock(AF_INET, SOCK_NONBLOCK);
	uint64_t data = 0;
	uint32_t got;

	ctl(ep, EPOLL_CTL_ADD, fd, EPOLLOUT | EPOLLET, MAGIC);
	next(ep, 0, NULL);
	start(fd, PORT_REFUSED);
	got = next(ep, probe_differs_here(DIFFER_PENDING) ? 0 : 5000, &data);
	if (!probe_differs_here(DIFFER_PENDING)) {
		CHECK((got & EPOLLERR) != 0, "events 0x%x", got);
		CHECK(data == MAGIC);
		CHECK_INT(so_error(fd), ECONNREFUSED);
	}
	OK(close(fd));
	OK(close(ep));
}

/* The registration outlives a failed connect() and a second one. */
static void retried(void)
{
	struct peer bad = peer(AF_INET, PORT_REFUSED);
	struct peer p = peer(AF_INET, PORT_ECHO);
	int ep = instance(), fd = sock(AF_INET, 0);
	uint64_t data = 0;

	ctl(ep, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLET, MAGIC);
	FAILS(connect(fd, &bad.sa, bad.len), ECONNREFUSED);
	next(ep, 0, NULL);
	OK(connect(fd, &p.sa, p.len));
	next(ep, 0, NULL);
	ask(fd);
	CHECK_INT(next(ep, 5000, &data), EPOLLIN);
	CHECK(data == MAGIC);
	answer(fd);
	OK(close(fd));
	OK(close(ep));
}

static void bad_pointers(void)
{
	int ep = instance(), fd = sock(AF_INET, 0);

	ctl(ep, EPOLL_CTL_ADD, fd, EPOLLIN, MAGIC);
	FAILS(epoll_ctl(ep, EPOLL_CTL_MOD, fd, NULL), EFAULT);
	FAILS(epoll_ctl(ep, EPOLL_CTL_MOD, fd, (void *)8), EFAULT);
	FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, fd, (void *)8), EFAULT);
	OK(epoll_ctl(ep, EPOLL_CTL_DEL, fd, (void *)8));
	OK(close(fd));
	OK(close(ep));
}

PROBE_MAIN({ "level, before a non-blocking connect, 64-bit data", level },
	   { "level, before a blocking connect", blocking }, { "edge", edge },
	   { "one-shot", oneshot },
	   { "one-shot set before connect() fires once", oneshot_kept },
	   { "two instances", two }, { "nested instances", nested },
	   { "registered after connect()", after }, { "refused", refused },
	   { "pointers that lead nowhere", bad_pointers },
	   { "refused, then the good port", retried })
