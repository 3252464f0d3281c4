/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Descriptors that are waited for.  Events are taken one at a time, so that a
 * handler may stop any watch without a stale event coming after.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "watch.h"

static int watch_epoll = -1;

/**
 * watch_init() - To be called first
 *
 * Return: 0 or a negative errno
 */
int watch_init(void)
{
	watch_epoll = epoll_create1(EPOLL_CLOEXEC);
	return watch_epoll < 0 ? -errno : 0;
}

/**
 * watch_start() - Wait for a descriptor
 * @w:		its @ready and @arg are set; what it watched before is closed
 * @fd:		the descriptor, taken over in any case
 *
 * Return: 0 or a negative errno
 */
int watch_start(struct watch *w, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = w };

	watch_stop(w);
	if (epoll_ctl(watch_epoll, EPOLL_CTL_ADD, fd, &e) < 0) {
		int err = errno;

		close(fd);
		return -err;
	}
	w->fd = fd;
	return 0;
}

/**
 * watch_stop() - Stop waiting for a descriptor, and close it
 * @w:		the watch
 */
void watch_stop(struct watch *w)
{
	if (w->fd < 0)
		return;
	/*
	 * close() alone would not do: a descriptor that came over a socket has
	 * its file open at the sender's too, and epoll goes by the file.
	 */
	epoll_ctl(watch_epoll, EPOLL_CTL_DEL, w->fd, NULL);
	close(w->fd);
	w->fd = -1;
}

/**
 * watch_next() - Take one event and call its handler
 * @wait:	sleep until there is one
 *
 * Return: 0 or a negative errno
 */
int watch_next(bool wait)
{
	struct epoll_event e;
	struct watch *w;
	int n;

	n = epoll_wait(watch_epoll, &e, 1, wait ? -1 : 0);
	if (n < 0 && errno != EINTR)
		return -errno;
	if (n == 1) {
		w = e.data.ptr;
		w->ready(w->arg);
	}
	return 0;
}
