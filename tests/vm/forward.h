/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packets from guest to guest.
 */
#ifndef VM_FORWARD_H
#define VM_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"

#define NET_GUESTS 8
#define NET_HOLES  8

/**
 * struct net - who is there
 * @guests:	number of guests
 * @guest:	these
 * @holes:	number of black holes
 * @hole:	context IDs to which packets vanish
 * @trace:	print each packet
 */
struct net {
	unsigned int guests;
	struct guest guest[NET_GUESTS];
	unsigned int holes;
	uint64_t hole[NET_HOLES];
	bool trace;
};

bool forward_all(struct net *net);

#endif
