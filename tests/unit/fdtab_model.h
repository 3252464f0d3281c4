/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fdtab_model: the fd table beside what it ought to be
 *
 * Bytes are read as operations that a program does, with our hooks (the table
 * is told) or behind their back (it is not), on real descriptors.  The model
 * remembers two plain facts of each number: which file the kernel has there,
 * and which connection was recorded last.  After each operation both sides
 * must agree.  For test_fdtab.c and the fuzzer: MODEL_CHECK(condition) says
 * what to do where they do not.
 */
#ifndef FDTAB_MODEL_H
#define FDTAB_MODEL_H

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fdtab.h"

#define MODEL_NUMBERS   12
#define MODEL_CONNS     256 /* recorded in one run */
#define MODEL_NO_SOCKET 1   /* as an inode: another kind of file */

struct model {
	int fd[MODEL_NUMBERS];
	ino_t file[MODEL_NUMBERS];   /* 0: closed */
	int recorded[MODEL_NUMBERS]; /* index of conns, or -1 */
	bool duped[MODEL_NUMBERS];   /* as far as we were told */
	struct {
		struct conn *c; /* valid while refs > 0 */
		ino_t ino;
		unsigned refs;
	} conns[MODEL_CONNS];
	int nconns;
};

/* The lowest number, one that no select(2) takes, and neighbours. */
static inline void model_init(struct model *m, int base)
{
	*m = (struct model){ .nconns = 0 };
	for (int i = 0; i < MODEL_NUMBERS; i++) {
		m->fd[i] = (i < MODEL_NUMBERS / 2 ? base : 1020 + base) + i;
		m->recorded[i] = -1;
	}
}

static inline ino_t model_ino(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

static inline void model_unrecord(struct model *m, int i)
{
	if (m->recorded[i] >= 0)
		m->conns[m->recorded[i]].refs--;
	m->recorded[i] = -1;
}

/* Put a new file on the number, behind the table's back. */
static inline void model_open(struct model *m, int i, bool is_socket)
{
	int fd = is_socket ? socket(AF_UNIX, SOCK_STREAM, 0)
			   : open("/dev/null", O_RDONLY);

	MODEL_CHECK(fd >= 0 && dup2(fd, m->fd[i]) == m->fd[i]);
	close(fd);
	m->file[i] = is_socket ? model_ino(m->fd[i]) : MODEL_NO_SOCKET;
}

static inline void model_raw_close(struct model *m, int i)
{
	close(m->fd[i]);
	m->file[i] = 0;
}

static inline void model_raw_dup(struct model *m, int from, int to)
{
	if (from == to || !m->file[from])
		return;
	MODEL_CHECK(dup2(m->fd[from], m->fd[to]) == m->fd[to]);
	m->file[to] = m->file[from];
}

/* What fdtab_find() ought to say: index of conns or -1. */
static inline int model_find(struct model *m, int i)
{
	int c = m->recorded[i];

	if (c >= 0 && m->file[i] != m->conns[c].ino) {
		model_unrecord(m, i);
		c = -1;
	}
	return c;
}

static inline struct conn *model_pointer(const struct model *m, int c)
{
	return c < 0 ? NULL : m->conns[c].c;
}

static inline void model_lookup(struct model *m, int i)
{
	struct lock_guard g;
	struct conn *want = model_pointer(m, model_find(m, i));
	struct conn *c = fdtab_enter(m->fd[i], &g);

	MODEL_CHECK(c == want);
	if (c)
		lock_leave(&g);
}

/* As connect(2): the number is a new connection, if it is a socket. */
static inline void model_connect(struct model *m, int i)
{
	struct lock_guard g;
	struct conn *c;

	if (m->nconns == MODEL_CONNS || m->file[i] <= MODEL_NO_SOCKET)
		return;
	lock_enter(&g);
	c = fdtab_conn_new();
	MODEL_CHECK(c && !c->refs && !c->ino && !c->rule && !c->option[0]);
	c->ino = m->file[i];
	c->refs++; /* ours */
	MODEL_CHECK(fdtab_add(m->fd[i], c) == 0);
	fdtab_conn_put(c);
	lock_leave(&g);
	model_unrecord(m, i);
	m->conns[m->nconns].c = c;
	m->conns[m->nconns].ino = c->ino;
	m->conns[m->nconns].refs = 1;
	m->recorded[i] = m->nconns++;
}

/* As dup2(2) with its hook */
static inline void model_dup(struct model *m, int from, int to)
{
	struct lock_guard g;
	struct conn *c;
	int want;

	if (from == to || !m->file[from])
		return;
	model_raw_dup(m, from, to);
	want = model_find(m, from);
	model_unrecord(m, to);
	fdtab_closed(m->fd[to]);
	fdtab_mark(m->fd[from], FD_DUPED);
	fdtab_mark(m->fd[to], FD_DUPED);
	m->duped[from] = m->duped[to] = true;
	c = fdtab_enter(m->fd[from], &g);
	MODEL_CHECK(c == model_pointer(m, want));
	if (!c)
		return;
	MODEL_CHECK(fdtab_add(m->fd[to], c) == 0);
	lock_leave(&g);
	m->recorded[to] = want;
	m->conns[want].refs++;
}

static inline void model_forget(struct model *m, int i)
{
	model_unrecord(m, i);
	m->duped[i] = false;
	model_raw_close(m, i);
}

static inline void model_close(struct model *m, int i)
{
	fdtab_closed(m->fd[i]);
	model_forget(m, i);
}

static inline void model_close_range(struct model *m, int a, int b)
{
	int first = a < b ? a : b, last = a < b ? b : a;

	fdtab_closed_range((unsigned)m->fd[first], (unsigned)m->fd[last]);
	for (int i = first; i <= last; i++)
		model_forget(m, i);
}

/* Flags and references, which no look-up may be needed for */
static inline void model_compare(const struct model *m)
{
	for (int i = 0; i < MODEL_NUMBERS; i++)
		MODEL_CHECK(fdtab_flag(m->fd[i]) ==
			    ((m->recorded[i] >= 0 ? FD_TRACKED : 0) |
			     (m->duped[i] ? FD_DUPED : 0)));
	for (int i = 0; i < m->nconns; i++)
		MODEL_CHECK(!m->conns[i].refs ||
			    m->conns[i].c->refs == m->conns[i].refs);
}

/* One operation: three bytes */
static inline void model_step(struct model *m, const uint8_t op[3])
{
	int a = op[1] % MODEL_NUMBERS, b = op[2] % MODEL_NUMBERS;

	switch (op[0] % 12) {
	case 0:
	case 1: /* a program that binds to libc first, or a raw call */
		model_open(m, a, true);
		break;
	case 2:
		model_open(m, a, false);
		break;
	case 3:
	case 4:
		model_connect(m, a);
		break;
	case 5:
	case 6:
		model_dup(m, a, b);
		break;
	case 7:
		model_raw_dup(m, a, b);
		break;
	case 8:
		model_close(m, a);
		break;
	case 9:
		model_raw_close(m, a);
		break;
	case 10:
		model_lookup(m, a);
		break;
	case 11:
		if (op[2] % 4 == 0)
			model_close_range(m, a, b);
		break;
	}
	model_compare(m);
}

/* Ends with an empty table and all numbers closed. */
static inline void model_run(struct model *m, const uint8_t *ops, size_t len)
{
	for (; len >= 3; ops += 3, len -= 3)
		model_step(m, ops);
	for (int i = 0; i < MODEL_NUMBERS; i++)
		model_lookup(m, i);
	model_close_range(m, 0, MODEL_NUMBERS - 1);
	model_compare(m);
}

#endif
