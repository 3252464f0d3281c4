/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guests, present or expected.
 */
#ifndef VM_GUEST_H
#define VM_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/virtio_vsock.h>

#include "memory.h"
#include "ring.h"
#include "watch.h"

/* A virtio-vsock device's queues, named from the guest's side. */
enum { GUEST_RX, GUEST_TX, GUEST_EVENT, GUEST_RINGS };

/**
 * struct guest - a guest
 * @cid:	its context ID
 * @listener:	where its machine connects to
 * @control:	the connection, once made
 * @kick:	per ring, readable when the guest has offered chains
 * @ring:	its rings
 * @memory:	its memory
 * @features:	vhost-user protocol features that its machine took
 * @backend_fd:	our end of a channel that we never use, see vhost_user.c
 * @packet:	header of the packet that is under way, if @partial
 * @sent:	bytes of that packet's payload that are delivered
 * @partial:	there is such a packet
 */
struct guest {
	uint64_t cid;
	struct watch listener;
	struct watch control;
	struct watch kick[GUEST_RINGS];
	struct ring ring[GUEST_RINGS];
	struct memory memory;
	uint64_t features;
	int backend_fd;
	struct virtio_vsock_hdr packet;
	size_t sent;
	bool partial;
};

int guest_listen(struct guest *g, uint64_t cid, const char *path);
void guest_disconnect(struct guest *g, const char *why);

#endif
