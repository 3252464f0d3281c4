/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Descriptors that are waited for, and who is called when they are readable.
 */
#ifndef VM_WATCH_H
#define VM_WATCH_H

#include <stdbool.h>

/**
 * struct watch - a descriptor that is waited for
 * @fd:		the descriptor, owned; -1 while there is none
 * @ready:	called when it is readable or its peer is gone
 * @arg:	handed to @ready
 */
struct watch {
	int fd;
	void (*ready)(void *arg);
	void *arg;
};

int watch_init(void);
int watch_start(struct watch *w, int fd);
void watch_stop(struct watch *w);
int watch_next(bool wait);

#endif
