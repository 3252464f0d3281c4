/* SPDX-License-Identifier: GPL-3.0-or-later */
/* epollreg: epoll registrations of a descriptor that becomes another socket */
#ifndef EPOLLREG_H
#define EPOLLREG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

#include "fdtab.h"

#define EPOLLREG_MAX 16 /* epoll instances one descriptor is in at once */

struct epollreg_saved {
	int n;
	struct {
		int ep, fd;
		struct epoll_event event;
	} reg[EPOLLREG_MAX];
};

/* The last registration of a descriptor number that epoll_ctl(2) has made */
struct epollreg_note {
	_Atomic int ep; /* counts where the number has FD_NOTED */
	_Atomic uint32_t events;
	_Atomic uint64_t data;
};

/* The notes of numbers below this; the others are allocated: epollreg.c */
#define EPOLLREG_FAST (1 << 16)

extern struct epollreg_note epollreg_notes[EPOLLREG_FAST];

/* Is this EPOLL_CTL_MOD of the registration that is noted already?  The usual
 * call: then the note is brought up to date before it, without a frame.  Should
 * it fail, so would the EPOLL_CTL_DEL that relies on the note.  (A note that no
 * longer counts is changed for nothing.) */
static inline bool epollreg_note_mod(int ep, int op, int fd,
				     const struct epoll_event *e)
{
	struct epollreg_note *n = &epollreg_notes[fd & (EPOLLREG_FAST - 1)];

	if (op != EPOLL_CTL_MOD || (intptr_t)e < 4096 || /* EFAULT */
	    (unsigned)fd >= EPOLLREG_FAST ||
	    atomic_load_explicit(&n->ep, memory_order_relaxed) != ep)
		return false;
	atomic_store_explicit(&n->events, e->events, memory_order_relaxed);
	atomic_store_explicit(&n->data, e->data.u64, memory_order_relaxed);
	return true;
}

void epollreg_note(int ep, int op, int fd, const struct epoll_event *e);
int epollreg_take(int fd, ino_t ino, struct epollreg_saved *s);
void epollreg_restore(struct epollreg_saved *s, int fd);

#endif
