// SPDX-License-Identifier: GPL-3.0-or-later
/* poll(2), ppoll(2), select(2) and pselect(2) on one connection */
#include <signal.h>
#include <sys/select.h>
#include <time.h>

#include "probe.h"

static int poll_it(int fd, short events, int ms)
{
	return wait_for(fd, events, ms);
}

static int ppoll_it(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	return ppoll(&p, 1, &t, NULL) > 0 ? p.revents : 0;
}

static int sets(int fd, fd_set *in, fd_set *out, fd_set *bad)
{
	return (FD_ISSET(fd, in) ? POLLIN : 0) |
	       (FD_ISSET(fd, out) ? POLLOUT : 0) |
	       (FD_ISSET(fd, bad) ? POLLPRI : 0);
}

static void fill(int fd, short events, fd_set *in, fd_set *out, fd_set *bad)
{
	FD_ZERO(in);
	FD_ZERO(out);
	FD_ZERO(bad);
	if (events & POLLIN)
		FD_SET(fd, in);
	if (events & POLLOUT)
		FD_SET(fd, out);
	FD_SET(fd, bad);
}

static int select_it(int fd, short events, int ms)
{
	struct timeval t = { ms / 1000, ms % 1000 * 1000L };
	fd_set in, out, bad;

	fill(fd, events, &in, &out, &bad);
	return select(fd + 1, &in, &out, &bad, &t) > 0
		       ? sets(fd, &in, &out, &bad)
		       : 0;
}

static int pselect_it(int fd, short events, int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };
	fd_set in, out, bad;

	fill(fd, events, &in, &out, &bad);
	return pselect(fd + 1, &in, &out, &bad, &t, NULL) > 0
		       ? sets(fd, &in, &out, &bad)
		       : 0;
}

/* The whole life of a connection through one way of waiting. */
static void life(int (*ready)(int, short, int))
{
	struct peer p = peer(AF_INET, PORT_ECHO);
	int fd = sock(AF_INET, SOCK_NONBLOCK), r;
	char c;

	r = connect(fd, &p.sa, p.len);
	CHECK(r == 0 || errno == EINPROGRESS);
	CHECK_INT(ready(fd, POLLIN | POLLOUT, 5000), POLLOUT);
	CHECK_INT(so_error(fd), 0);
	CHECK_INT(ready(fd, POLLIN, 20), 0);
	CHECK_INT(OK(send(fd, "x", 1, 0)), 1);
	CHECK_INT(ready(fd, POLLIN, 5000), POLLIN);
	CHECK_INT(OK(recv(fd, &c, 1, 0)), 1);
	CHECK_INT(ready(fd, POLLIN, 0), 0);
	OK(shutdown(fd, SHUT_WR));
	CHECK(ready(fd, POLLIN, 5000) & POLLIN);
	CHECK_INT(OK(recv(fd, &c, 1, 0)), 0);
	OK(close(fd));
}

static void by_poll(void)
{
	life(poll_it);
}

static void by_ppoll(void)
{
	life(ppoll_it);
}

static void by_select(void)
{
	life(select_it);
}

static void by_pselect(void)
{
	life(pselect_it);
}

static void refused_of(int (*ready)(int, short, int))
{
	struct peer p = peer(AF_INET, PORT_REFUSED);
	int fd = sock(AF_INET, SOCK_NONBLOCK);

	probe_differs(DIFFER_PENDING);
	FAILS(connect(fd, &p.sa, p.len), EINPROGRESS);
	CHECK(ready(fd, POLLOUT | POLLIN, 5000) & POLLOUT);
	CHECK_INT(so_error(fd), ECONNREFUSED);
	OK(close(fd));
}

static void refused(void)
{
	refused_of(poll_it);
	refused_of(select_it);
}

static void hole_of(int (*ready)(int, short, int))
{
	struct peer p = peer(AF_INET, PORT_HOLE);
	int fd = sock(AF_INET, SOCK_NONBLOCK);

	probe_differs(DIFFER_PENDING);
	FAILS(connect(fd, &p.sa, p.len), EINPROGRESS);
	CHECK_INT(ready(fd, POLLIN | POLLOUT, 100), 0);
	CHECK(ready(fd, POLLIN | POLLOUT, 5000) & POLLOUT);
	CHECK_INT(so_error(fd), ETIMEDOUT);
	OK(close(fd));
}

static void hole(void)
{
	hole_of(poll_it);
	hole_of(select_it);
}

PROBE_MAIN({ "poll", by_poll }, { "ppoll", by_ppoll }, { "select", by_select },
	   { "pselect", by_pselect }, { "refused", refused },
	   { "black hole", hole })
