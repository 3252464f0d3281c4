/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table_util: ask the fd table what a hook would */
#ifndef TABLE_UTIL_H
#define TABLE_UTIL_H

#include "fdtab.h"

/* The connection that @fd is, or NULL; valid while nobody else is at work */
static inline struct conn *find(int fd)
{
	struct lock_guard g;
	struct conn *c;

	lock_enter(&g);
	c = fdtab_find(fd);
	lock_leave(&g);
	return c;
}

#endif
