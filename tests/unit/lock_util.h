/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lock_util: something for the lock to guard */
#ifndef LOCK_UTIL_H
#define LOCK_UTIL_H

#include <stdatomic.h>

#include "lock.h"

/* Guarded: always equal when nobody holds the lock */
static int one, other;
static atomic_bool stop;

static inline void turn(void)
{
	struct lock_guard g;

	lock_enter(&g);
	one++;
	other++;
	lock_leave(&g);
}

#endif
