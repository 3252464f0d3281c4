/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vhost-user messages: their layout, and how they come and go.
 */
#ifndef VM_VHOST_USER_MSG_H
#define VM_VHOST_USER_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory.h"

enum vhost_request {
	VHOST_USER_GET_FEATURES = 1,
	VHOST_USER_SET_FEATURES = 2,
	VHOST_USER_SET_OWNER = 3,
	VHOST_USER_RESET_OWNER = 4,
	VHOST_USER_SET_MEM_TABLE = 5,
	VHOST_USER_SET_VRING_NUM = 8,
	VHOST_USER_SET_VRING_ADDR = 9,
	VHOST_USER_SET_VRING_BASE = 10,
	VHOST_USER_GET_VRING_BASE = 11,
	VHOST_USER_SET_VRING_KICK = 12,
	VHOST_USER_SET_VRING_CALL = 13,
	VHOST_USER_SET_VRING_ERR = 14,
	VHOST_USER_GET_PROTOCOL_FEATURES = 15,
	VHOST_USER_SET_PROTOCOL_FEATURES = 16,
	VHOST_USER_GET_QUEUE_NUM = 17,
	VHOST_USER_SET_VRING_ENABLE = 18,
	VHOST_USER_SET_BACKEND_REQ_FD = 21,
	VHOST_USER_GET_CONFIG = 24,
};

/* Protocol features, by bit number */
enum {
	VHOST_USER_PF_MQ = 0,
	VHOST_USER_PF_REPLY_ACK = 3,
	VHOST_USER_PF_BACKEND_REQ = 5,
	VHOST_USER_PF_CONFIG = 9,
};

/* Flags of a message's head */
enum {
	VHOST_USER_VERSION = 1,
	VHOST_USER_VERSION_MASK = 3,
	VHOST_USER_REPLY = 1 << 2,
	VHOST_USER_NEED_REPLY = 1 << 3,
};

/* Payload of the messages that carry a ring's descriptor */
enum {
	VHOST_USER_VRING_INDEX = 0xff,
	VHOST_USER_VRING_NOFD = 1 << 8,
};

struct vhost_mem {
	uint32_t count;
	uint32_t padding;
	struct {
		uint64_t guest;
		uint64_t size;
		uint64_t user;
		uint64_t offset;
	} region[MEMORY_REGIONS];
};

struct vhost_config {
	uint32_t offset;
	uint32_t size;
	uint32_t flags;
	char data[256];
};

/**
 * struct vhost_msg - a message
 * @head:	its head, as on the wire
 * @payload:	what follows it; zeroes beyond what came
 * @nfds:	descriptors that came with it
 * @fds:	these, owned until taken
 * @socket:	where it came from, borrowed
 * @replied:	it has been answered
 */
struct vhost_msg {
	struct vhost_head {
		uint32_t request;
		uint32_t flags;
		uint32_t size;
	} head;
	union {
		uint64_t u64;
		struct {
			uint32_t index;
			uint32_t num;
		} state;
		struct {
			uint32_t index;
			uint32_t flags;
			uint64_t desc;
			uint64_t used;
			uint64_t avail;
			uint64_t log;
		} addr;
		struct vhost_mem mem;
		struct vhost_config config;
	} payload;
	int nfds;
	int fds[MEMORY_REGIONS];
	int socket;
	bool replied;
};

int vhost_msg_receive(struct vhost_msg *m, int fd);
int vhost_msg_reply(struct vhost_msg *m, uint32_t size);
int vhost_msg_take_fd(struct vhost_msg *m);
void vhost_msg_release(struct vhost_msg *m);

#endif
