// SPDX-License-Identifier: GPL-3.0-or-later
/* Descriptors from 1024, where fd_set ends, to the very last number */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "probe.h"

static int last_number(void)
{
	struct rlimit r;

	NEED(getrlimit(RLIMIT_NOFILE, &r) == 0);
	r.rlim_cur = r.rlim_max;
	NEED(setrlimit(RLIMIT_NOFILE, &r) == 0);
	return (int)r.rlim_cur - 1;
}

static void at(int number)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = 5 };
	struct sockaddr_storage ss;
	struct peer p = peer(AF_INET, PORT_ECHO);
	socklen_t len = sizeof(ss);
	int fd = sock(AF_INET, 0), ep = epoll_create1(0), on = 1, v = 0;

	NEED(ep >= 0);
	CHECK_INT(OK(dup2(fd, number)), number);
	OK(close(fd));
	OK(fcntl(number, F_SETFD, FD_CLOEXEC));
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, number, &e));
	OK(connect(number, &p.sa, p.len));
	OK(getpeername(number, (struct sockaddr *)&ss, &len));
	CHECK(!memcmp(&ss, &p.ss, p.len), "%d: %s", number,
	      peer_text((struct sockaddr *)&ss));
	OK(setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)));
	len = sizeof(v);
	OK(getsockopt(number, IPPROTO_TCP, TCP_NODELAY, &v, &len));
	CHECK_INT(v, 1);
	CHECK_INT(OK(fcntl(number, F_GETFD)), FD_CLOEXEC);
	CHECK_INT(OK(send(number, "x", 1, 0)), 1);
	CHECK_INT(epoll_wait(ep, &e, 1, 5000), 1);
	CHECK(e.data.u64 == 5 && e.events == EPOLLIN);
	CHECK_INT(OK(recv(number, &v, 1, 0)), 1);
	FAILS(connect(number, &p.sa, p.len), EISCONN);
	fd = (int)OK(dup(number));
	OK(close(number));
	echo(fd);
	OK(close(fd));
	OK(close(ep));
	FAILS(getpeername(number, (struct sockaddr *)&ss, &len), EBADF);
}

static void numbers(void)
{
	int last = last_number();

	NEED(last > 2000, "RLIMIT_NOFILE is only %d", last + 1);
	at(1023);
	at(1024);
	at(1025);
	at(last / 2);
	at(last - 1);
	at(last);
}

static void thousand(void)
{
	int fds[1200];

	last_number();
	for (int i = 0; i < 1200; i++)
		fds[i] = dial(PORT_ECHO);
	for (int i = 0; i < 1200; i += 100)
		echo(fds[i]);
	CHECK(fds[1199] > 1100);
	echo(fds[1199]);
	for (int i = 0; i < 1200; i++)
		OK(close(fds[i]));
}

/* Where close-everything loops go: numbers nobody ever had. */
static void loops(void)
{
	int fd = dial(PORT_ECHO), last = last_number();

	for (int i = last > 100000 ? 100000 : last; i > fd; i--)
		close(i);
	FAILS(close(2000000000), EBADF);
	FAILS(dup2(fd, 2000000000), EBADF);
	echo(fd);
	OK(close(fd));
}

PROBE_MAIN({ "numbers 1023 up to the last", numbers },
	   { "1,200 connections at once", thousand },
	   { "close of numbers that nobody had", loops })
