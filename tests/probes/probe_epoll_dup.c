// SPDX-License-Identifier: GPL-3.0-or-later
/* epoll(7) and duplicates: a duplicate keeps the old socket alive, and with
 * it every registration that was not taken off it */
#include <sys/epoll.h>

#include "probe.h"

static int instance(void)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);

	NEED(ep >= 0);
	return ep;
}

static void add(int ep, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };

	OK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
}

/* How many of @ep's events have @data within @ms. */
static int count(int ep, int ms, uint64_t data, uint32_t events)
{
	struct epoll_event e[8];
	int n = epoll_wait(ep, e, 8, ms), hits = 0;

	for (int i = 0; i < n; i++)
		hits += e[i].data.u64 == data && (e[i].events & events);
	return hits;
}

static void ask(int fd)
{
	CHECK_INT(OK(send(fd, "x", 1, MSG_NOSIGNAL)), 1);
	NEED(wait_for(fd, POLLIN, 5000) & POLLIN);
}

static void answer(int fd)
{
	char c;

	CHECK_INT(OK(recv(fd, &c, 1, 0)), 1);
}

static void connect_to(int fd, int port)
{
	struct peer p = peer(AF_INET, port);

	OK(connect(fd, &p.sa, p.len));
}

static void both(void)
{
	int ep = instance(), fd = sock(AF_INET, 0), twin = dup(fd);

	add(ep, fd, EPOLLIN, 1);
	add(ep, twin, EPOLLIN, 2);
	connect_to(fd, PORT_ECHO);
	CHECK_INT(count(ep, 20, 1, ~0u) + count(ep, 0, 2, ~0u), 0);
	ask(fd);
	CHECK_INT(count(ep, 0, 1, EPOLLIN), 1);
	CHECK_INT(count(ep, 0, 2, EPOLLIN), 1);
	answer(twin);
	CHECK_INT(count(ep, 20, 1, ~0u) + count(ep, 0, 2, ~0u), 0);
	OK(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
	ask(twin);
	CHECK_INT(count(ep, 0, 1, ~0u), 0);
	CHECK_INT(count(ep, 0, 2, EPOLLIN), 1);
	answer(fd);
	echo(fd);
	echo(twin);
	OK(close(fd));
	OK(close(twin));
	OK(close(ep));
}

/* Only the duplicate is registered, and only the original connects. */
static void other(void)
{
	int ep = instance(), fd = sock(AF_INET, 0), twin = dup(fd);

	add(ep, twin, EPOLLIN | EPOLLET, 2);
	count(ep, 0, 2, ~0u);
	connect_to(fd, PORT_ECHO);
	count(ep, 0, 2, ~0u);
	ask(fd);
	CHECK_INT(count(ep, 1000, 2, EPOLLIN), 1);
	answer(fd);
	OK(close(fd));
	ask(twin);
	CHECK_INT(count(ep, 1000, 2, EPOLLIN), 1);
	answer(twin);
	OK(epoll_ctl(ep, EPOLL_CTL_DEL, twin, NULL));
	OK(close(twin));
	OK(close(ep));
}

/* A duplicate in a child keeps the old socket: no stale events from it. */
static void in_child(void)
{
	int ep = instance(), fd = sock(AF_INET, 0), gate[2];
	pid_t pid;
	char c;

	NEED(pipe2(gate, O_CLOEXEC) == 0);
	add(ep, fd, EPOLLIN | EPOLLOUT, 1);
	pid = fork();
	NEED(pid >= 0);
	if (!pid) {
		close(gate[1]);
		_exit(read(gate[0], &c, 1) != 0);
	}
	OK(close(gate[0]));
	connect_to(fd, PORT_ECHO);
	CHECK_INT(count(ep, 0, 1, EPOLLHUP), 0);
	CHECK_INT(count(ep, 0, 1, EPOLLOUT), 1);
	ask(fd);
	CHECK_INT(count(ep, 0, 1, EPOLLIN), 1);
	answer(fd);
	OK(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
	CHECK_INT(count(ep, 20, 1, ~0u), 0);
	OK(close(gate[1]));
	probe_reap(pid, 5000);
	OK(close(fd));
	OK(close(ep));
}

/* The epoll instance itself is known under two numbers. */
static void instance_dup(void)
{
	int ep = instance(), ep2 = dup(ep), fd = sock(AF_INET, 0);

	add(ep, fd, EPOLLIN, 1);
	OK(close(ep));
	connect_to(fd, PORT_ECHO);
	CHECK_INT(count(ep2, 20, 1, ~0u), 0);
	ask(fd);
	CHECK_INT(count(ep2, 0, 1, EPOLLIN), 1);
	answer(fd);
	OK(close(fd));
	OK(close(ep2));
}

/* Registered under a number that is no longer there: it stays until the last
 * duplicate of the socket is closed, epoll(7). */
static void number_gone(void)
{
	int ep = instance(), fd = sock(AF_INET, 0), twin = dup(fd);

	add(ep, fd, EPOLLIN, 1);
	OK(close(fd));
	connect_to(twin, PORT_ECHO);
	CHECK_INT(count(ep, 20, 1, EPOLLHUP), 0);
	echo(twin);
	OK(close(twin));
	CHECK_INT(count(ep, 20, 1, ~0u), 0);
	OK(close(ep));
}

/* Closed while registered: the events end with the last duplicate. */
static void closed(void)
{
	int ep = instance(), fd = sock(AF_INET, 0), twin;

	add(ep, fd, EPOLLIN, 1);
	connect_to(fd, PORT_HELLO);
	CHECK_INT(count(ep, 1000, 1, EPOLLIN), 1);
	twin = dup(fd);
	OK(close(fd));
	CHECK_INT(count(ep, 20, 1, EPOLLIN), 1);
	OK(close(twin));
	CHECK_INT(count(ep, 20, 1, ~0u), 0);
	OK(close(ep));
}

/* The number is closed and used anew: registered and connected again. */
static void number_again(void)
{
	int ep = instance();

	for (int i = 0; i < 100; i++) {
		int fd = sock(AF_INET, 0);

		add(ep, fd, EPOLLIN, (uint64_t)i);
		connect_to(fd, PORT_ECHO);
		ask(fd);
		CHECK_INT(count(ep, 1000, (uint64_t)i, EPOLLIN), 1);
		OK(close(fd));
	}
	CHECK_INT(count(ep, 20, 0, ~0u), 0);
	OK(close(ep));
}

static void many(void)
{
	int ep = instance(), fds[200];

	for (int i = 0; i < 200; i++) {
		fds[i] = sock(AF_INET, 0);
		add(ep, fds[i], EPOLLIN | EPOLLET, (uint64_t)i);
	}
	for (int i = 0; i < 200; i++)
		connect_to(fds[i], PORT_ECHO);
	for (int n = 1; n > 0;) {
		struct epoll_event e[64];

		n = epoll_wait(ep, e, 64, 0);
	}
	for (int i = 0; i < 200; i++) {
		ask(fds[i]);
		CHECK_INT(count(ep, 1000, (uint64_t)i, EPOLLIN), 1);
		answer(fds[i]);
	}
	for (int i = 0; i < 200; i++)
		OK(close(fds[i]));
	OK(close(ep));
}

PROBE_MAIN({ "original and duplicate registered", both },
	   { "only the duplicate registered", other },
	   { "a duplicate in a child", in_child },
	   { "a duplicate of the instance", instance_dup },
	   { "registered under a number since closed", number_gone },
	   { "closed while registered", closed },
	   { "the same number a hundred times", number_again },
	   { "200 sockets in one instance", many })
