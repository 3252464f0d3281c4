/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dial_util: listeners and rules for them */
#ifndef DIAL_UTIL_H
#define DIAL_UTIL_H

#include "fd_util.h"

#include <stdio.h>
#include <sys/un.h>

#include "dial.h"

/* An abstract name that no other process uses, with @tail behind it */
static inline const char *abstract_name(const char *tail)
{
	static char names[4][64];
	static unsigned next;
	char *name = names[next++ % 4];

	snprintf(name, sizeof(names[0]), "@vsockwrap-test.%d%s", (int)getpid(),
		 tail);
	return name;
}

/* A socket bound to @path, '@' for an abstract name */
static inline int bound(const char *path, int type)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int s = socket(AF_UNIX, type, 0);

	memcpy(un.sun_path, path, len);
	if (*path == '@')
		un.sun_path[0] = '\0';
	unlink(path);
	len += offsetof(struct sockaddr_un, sun_path);
	assert_int_equal(bind(s, (void *)&un, (socklen_t)len), 0);
	return s;
}

static inline int listener(const char *path, int backlog)
{
	int s = bound(path, SOCK_STREAM);

	assert_int_equal(listen(s, backlog), 0);
	return s;
}

static inline struct rule rule_for(const char *path, uint32_t timeout_ms)
{
	return (struct rule){ .target = { .kind = TARGET_UNIX, .path = path },
			      .connect_timeout_ms = timeout_ms };
}

static inline void expect_open(const struct dial *d)
{
	struct timeval tv = { 1, 1 };
	socklen_t len = sizeof(tv);

	assert_true(d->fd >= 0);
	assert_false(d->connecting);
	assert_int_equal(fcntl(d->fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(d->fd, F_GETFL), O_RDWR | O_NONBLOCK);
	assert_int_equal(getsockopt(d->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, &len),
			 0);
	assert_int_equal(tv.tv_sec + tv.tv_usec, 0);
}

#endif
