/* SPDX-License-Identifier: GPL-3.0-or-later */
/* install_util: a program's socket, and one to put in its place */
#ifndef INSTALL_UTIL_H
#define INSTALL_UTIL_H

#include "fd_util.h"

#include "arena_fake.h"
#include "epollreg.h"
#include "install.h"
#include "table_util.h"

/* One installation: the program's socket, the one to put there */
struct setting {
	int fd, side, peer; /* peer of side */
	ino_t old, new;
	struct conn *c;
	int fds; /* descriptors of the process before all this */
};

static inline struct conn *conn_for(ino_t ino)
{
	struct lock_guard g;
	struct conn *c;

	lock_enter(&g);
	c = fdtab_conn_new();
	lock_leave(&g);
	assert_non_null(c);
	c->ino = ino;
	return c;
}

/* Another socket for the number, as dial_open() gives it */
static inline void next_side(struct setting *s)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX,
				    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
				    0, pair),
			 0);
	s->side = pair[0];
	s->peer = pair[1];
	s->new = fd_ino(s->side);
	s->c = conn_for(s->new);
}

static inline struct setting begin(void)
{
	struct setting s = { .fds = fd_count() };

	s.fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(s.fd >= 0);
	s.old = fd_ino(s.fd);
	next_side(&s);
	return s;
}

static inline void close_hooked(int fd)
{
	fdtab_closed(fd);
	close(fd);
}

static inline int dup_hooked(int fd, int flags)
{
	int copy = fcntl(fd, flags ? F_DUPFD_CLOEXEC : F_DUPFD, 0);

	fdtab_mark(fd, FD_DUPED);
	fdtab_mark(copy, FD_DUPED);
	return copy;
}

/* @s->side is gone, @s->fd is it; then all is closed, and none is left. */
static inline void expect_installed(struct setting *s)
{
	assert_int_equal(fd_ino(s->fd), s->new);
	assert_ptr_equal(find(s->fd), s->c);
	close_hooked(s->fd);
	close(s->peer);
	assert_int_equal(fd_count(), s->fds);
	assert_int_equal(fake_live, 0);
}

/* The number is what it was, and the connection is freed. */
static inline void expect_unchanged(struct setting *s)
{
	assert_int_equal(fd_ino(s->fd), s->old);
	assert_null(find(s->fd));
	assert_int_equal(fake_live, 0);
	close_hooked(s->fd);
	close(s->peer);
	assert_int_equal(fd_count(), s->fds);
}

#endif
