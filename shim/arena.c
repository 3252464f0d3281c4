// SPDX-License-Identifier: GPL-3.0-or-later
/* arena: free lists by size over chunks from mmap(2)
 *
 * Few sizes are ever asked for: a connection, a table entry, and uthash's own
 * header and bucket arrays, which double.  Small pieces are never given back
 * to the kernel, large ones at once.
 */

#include <stdint.h>

#include "arena.h"
#include "sys.h"

#define CHUNK    ((size_t)64 * 1024)
#define LARGE    ((size_t)4096) /* pieces of this size or more are mappings */
#define ROUND    ((size_t)16)
#define NCLASSES (LARGE / ROUND)

struct piece {
	struct piece *next;
};

static struct piece *free_list[NCLASSES];
static char *chunk;
static size_t chunk_left;

static size_t round_size(size_t size)
{
	return (size + ROUND - 1) / ROUND * ROUND;
}

/**
 * arena_alloc() - Memory, aligned to 16, contents undefined
 * @size:	bytes
 *
 * Return: the memory; NULL where the kernel gives no more
 */
void *arena_alloc(size_t size)
{
	struct piece *p;

	size = round_size(size);
	if (size >= LARGE)
		return sys_mmap_anon(size);
	p = free_list[size / ROUND];
	if (p) {
		free_list[size / ROUND] = p->next;
		return p;
	}
	if (chunk_left < size) {
		void *fresh = sys_mmap_anon(CHUNK);

		if (!fresh)
			return NULL;
		chunk = fresh;
		chunk_left = CHUNK;
	}
	chunk_left -= size;
	return chunk + chunk_left;
}

/**
 * arena_free() - Give memory back
 * @p:		from arena_alloc(), or NULL
 * @size:	as it was asked for
 */
void arena_free(void *p, size_t size)
{
	struct piece *piece = p;

	if (!p)
		return;
	size = round_size(size);
	if (size >= LARGE) {
		sys_munmap(p, size);
		return;
	}
	piece->next = free_list[size / ROUND];
	free_list[size / ROUND] = piece;
}

/**
 * arena_forget_all() - Start anew, without touching what there was
 *
 * For a child whose copy of the free lists may be half changed; their memory
 * is lost to it.
 */
void arena_forget_all(void)
{
	for (size_t i = 0; i < NCLASSES; i++)
		free_list[i] = NULL;
	chunk_left = 0;
}
