/* SPDX-License-Identifier: GPL-3.0-or-later */
/* arena_fake: arena.h over malloc(), in place of arena.c
 *
 * So that a sanitizer sees each piece, that sizes and leaks are checked, and
 * that any allocation can be made to fail.  Included by one file of a program,
 * which then links no arena.o.
 */
#ifndef ARENA_FAKE_H
#define ARENA_FAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"

static unsigned fake_live;   /* pieces in use */
static unsigned fake_fail;   /* 0: never; n: the n-th from now fails */
static bool fake_fail_after; /* and all after it */

struct fake_head {
	struct fake_head *prev, *next;
	size_t size;
	size_t pad; /* the piece is aligned to 16 */
};

static struct fake_head fake_all; /* head of the list of pieces */
/* those that were forgotten; volatile, so that it is there for LeakSanitizer */
static struct fake_head *volatile fake_lost;

void *arena_alloc(size_t size)
{
	struct fake_head *h;

	if (fake_fail && --fake_fail == 0) {
		fake_fail = fake_fail_after;
		return NULL;
	}
	h = malloc(sizeof(*h) + size);
	if (!h)
		abort();
	h->size = size;
	h->prev = &fake_all;
	h->next = fake_all.next;
	if (h->next)
		h->next->prev = h;
	fake_all.next = h;
	fake_live++;
	return h + 1;
}

void arena_free(void *p, size_t size)
{
	struct fake_head *h = p;

	if (!p)
		return;
	if ((--h)->size != size) {
		fprintf(stderr, "arena_free: %zu bytes, asked for as %zu\n",
			size, h->size);
		abort();
	}
	h->prev->next = h->next;
	if (h->next)
		h->next->prev = h->prev;
	fake_live--;
	free(h);
}

/* As the real one: what there was is not touched, and is no leak. */
void arena_forget_all(void)
{
	fake_lost = fake_all.next;
	fake_all.next = NULL;
	fake_live = 0;
}

#endif
