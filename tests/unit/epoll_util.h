/* SPDX-License-Identifier: GPL-3.0-or-later */
/* epoll_util: calls as our hooks make them, and what the kernel says */
#ifndef EPOLL_UTIL_H
#define EPOLL_UTIL_H

#include "fd_util.h"

#include <stdio.h>

#include "epollreg.h"

#define DATA UINT64_C(0xdeadbeefcafef00d)

/* As epoll_ctl()'s hook does */
static inline int ctl(int ep, int op, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };
	bool noted = epollreg_note_mod(ep, op, fd, &e);
	int r = epoll_ctl(ep, op, fd, &e);

	if (r == 0 && !noted)
		epollreg_note(ep, op, fd, &e);
	return r;
}

/* As the hooks of dup(2) and close(2) do */
static inline int dup_hooked(int fd)
{
	int copy = dup(fd);

	fdtab_mark(fd, FD_DUPED);
	fdtab_mark(copy, FD_DUPED | (fdtab_flag(fd) & FD_EPOLL));
	return copy;
}

static inline void close_hooked(int fd)
{
	fdtab_closed(fd);
	close(fd);
}

static inline int instance(void)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);

	assert_true(ep >= 0);
	return ep;
}

/* What the kernel says of @fd in @ep.  Return: how many registrations */
static inline int kernel_has(int ep, int fd, struct epoll_event *e)
{
	unsigned long long data;
	char path[40], line[200];
	unsigned events;
	int tfd, n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", ep);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "tfd: %d events: %x data: %llx", &tfd, &events,
			   &data) != 3 ||
		    tfd != fd)
			continue;
		e->events = events;
		e->data.u64 = data;
		n++;
	}
	fclose(f);
	return n;
}

static inline bool has(int ep, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e;

	/* the kernel adds EPOLLERR and EPOLLHUP to what was asked for */
	return kernel_has(ep, fd, &e) == 1 && e.data.u64 == data &&
	       (e.events | EPOLLERR | EPOLLHUP) ==
		       (events | EPOLLERR | EPOLLHUP);
}

/* Another socket on @fd's number, as install() does it.  Return: its peer */
static inline int replace(int fd)
{
	struct epollreg_saved saved = { 0 };
	int pair[2];

	fd_pair(pair);
	assert_int_equal(epollreg_take(fd, fd_ino(fd), &saved), 0);
	assert_int_equal(dup3(pair[0], fd, 0), fd);
	epollreg_restore(&saved, fd);
	close(pair[0]);
	return pair[1];
}

#endif
