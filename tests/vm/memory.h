/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A guest's memory, as far as the guest's machine shared it with us.
 */
#ifndef VM_MEMORY_H
#define VM_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#define MEMORY_REGIONS 8

/**
 * struct memory_region - one piece of it
 * @guest:	its address in the guest (descriptors use these)
 * @user:	its address in the process that runs the guest (vhost-user
 *		gives the rings' places as these)
 * @size:	bytes
 * @base:	where we have it
 * @map:	the mapping that it is in, which may start earlier
 * @map_len:	bytes of the mapping
 */
struct memory_region {
	uint64_t guest;
	uint64_t user;
	uint64_t size;
	char *base;
	void *map;
	size_t map_len;
};

struct memory {
	unsigned int count;
	struct memory_region region[MEMORY_REGIONS];
};

int memory_add(struct memory *m, int fd, uint64_t guest, uint64_t user,
	       uint64_t size, uint64_t offset);
void memory_clear(struct memory *m);
void *memory_guest(const struct memory *m, uint64_t addr, uint64_t len);
void *memory_user(const struct memory *m, uint64_t addr, uint64_t len);

#endif
