/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vhost-user, the back end's side: "Vhost-user Protocol" in QEMU's
 * documentation (docs/interop/vhost-user.rst), as far as the kernel's
 * arch/um/drivers/virtio_uml.c and QEMU's vhost-user-vsock need it.
 *
 * The peer runs a guest and could do to us what it likes, being a process of
 * our own user; it is checked all the same, for bugs.  Any violation ends the
 * connection.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <linux/virtio_config.h>

#include "vhost_user.h"

/* VHOST_USER_F_PROTOCOL_FEATURES, in the space of virtio's feature bits */
#define F_PROTOCOL 30

#define FEATURES (1ull << VIRTIO_F_VERSION_1 | 1ull << F_PROTOCOL)

/*
 * The backend channel (requests from us to the machine) goes unused, but
 * UML 6.1 fails to set up its interrupts without one.
 */
#define PROTOCOL_FEATURES                                             \
	(1ull << VHOST_USER_PF_MQ | 1ull << VHOST_USER_PF_REPLY_ACK | \
	 1ull << VHOST_USER_PF_BACKEND_REQ | 1ull << VHOST_USER_PF_CONFIG)

static int set_mem_table(struct guest *g, struct vhost_msg *m)
{
	const struct vhost_mem *table = &m->payload.mem;
	int err;

	/* The rings lie in the memory that goes away. */
	for (int i = 0; i < GUEST_RINGS; i++)
		ring_displace(&g->ring[i]);
	memory_clear(&g->memory);
	/* No exact size: UML 6.1 sends more than it fills in. */
	if (table->count > MEMORY_REGIONS || (int)table->count != m->nfds ||
	    m->head.size < offsetof(struct vhost_mem, region[table->count]))
		return -EPROTO;
	for (unsigned int i = 0; i < table->count; i++) {
		err = memory_add(&g->memory, m->fds[i], table->region[i].guest,
				 table->region[i].user, table->region[i].size,
				 table->region[i].offset);
		if (err)
			return err;
	}
	return 0;
}

/* The ring that a message is about, or NULL. */
static struct ring *ring_of(struct guest *g, uint64_t index)
{
	return index < GUEST_RINGS ? &g->ring[index] : NULL;
}

static int set_vring_num(struct guest *g, const struct vhost_msg *m)
{
	struct ring *r = ring_of(g, m->payload.state.index);
	uint32_t num = m->payload.state.num;

	if (!r || num == 0 || num > RING_MAX || num & (num - 1))
		return -EPROTO;
	ring_displace(r); /* its place was checked for another size */
	r->num = num;
	return 0;
}

static int set_vring_base(struct guest *g, const struct vhost_msg *m)
{
	struct ring *r = ring_of(g, m->payload.state.index);

	if (!r)
		return -EPROTO;
	r->next = (uint16_t)m->payload.state.num;
	return 0;
}

static int get_vring_base(struct guest *g, struct vhost_msg *m)
{
	struct ring *r = ring_of(g, m->payload.state.index);

	if (!r)
		return -EPROTO;
	r->enabled = false;
	m->payload.state.num = r->next;
	return vhost_msg_reply(m, sizeof(m->payload.state));
}

static int set_vring_addr(struct guest *g, const struct vhost_msg *m)
{
	struct ring *r = ring_of(g, m->payload.addr.index);

	if (!r)
		return -EPROTO;
	return ring_place(r, &g->memory, m->payload.addr.desc,
			  m->payload.addr.avail, m->payload.addr.used);
}

static int set_vring_enable(struct guest *g, const struct vhost_msg *m)
{
	struct ring *r = ring_of(g, m->payload.state.index);

	if (!r)
		return -EPROTO;
	r->enabled = m->payload.state.num != 0;
	return 0;
}

/*
 * The descriptor of a KICK, CALL or ERR message, non-blocking, or -1 for a
 * ring that is to have none; -EPROTO if it is not as announced.
 */
static int vring_fd(struct vhost_msg *m)
{
	bool none = m->payload.u64 & VHOST_USER_VRING_NOFD;
	int fd;

	if (m->nfds != !none)
		return -EPROTO;
	if (none)
		return -1;
	fd = vhost_msg_take_fd(m);
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) {
		close(fd);
		return -EPROTO;
	}
	return fd;
}

static int set_vring_fd(struct guest *g, struct vhost_msg *m)
{
	uint64_t index = m->payload.u64 & VHOST_USER_VRING_INDEX;
	struct ring *r = ring_of(g, index);
	int fd;

	if (!r)
		return -EPROTO;
	fd = vring_fd(m);
	if (fd == -EPROTO)
		return fd;
	switch (m->head.request) {
	case VHOST_USER_SET_VRING_KICK:
		watch_stop(&g->kick[index]);
		return fd < 0 ? 0 : watch_start(&g->kick[index], fd);
	case VHOST_USER_SET_VRING_CALL:
		if (r->call >= 0)
			close(r->call);
		r->call = fd;
		return 0;
	default: /* SET_VRING_ERR: we would have nothing to tell there */
		if (fd >= 0)
			close(fd);
		return 0;
	}
}

static int set_backend_fd(struct guest *g, struct vhost_msg *m)
{
	if (m->nfds != 1)
		return -EPROTO;
	if (g->backend_fd >= 0)
		close(g->backend_fd);
	g->backend_fd = vhost_msg_take_fd(m);
	return 0;
}

static int get_config(struct guest *g, struct vhost_msg *m)
{
	struct vhost_config *c = &m->payload.config;
	struct virtio_vsock_config config = { .guest_cid = g->cid };
	uint32_t offset = c->offset, size = c->size;

	if (size > sizeof(c->data) || offset > sizeof(config) ||
	    size > sizeof(config) - offset)
		return -EPROTO;
	memcpy(c->data, (char *)&config + offset, size);
	return vhost_msg_reply(
		m, (uint32_t)offsetof(struct vhost_config, data) + size);
}

static int reply_u64(struct vhost_msg *m, uint64_t value)
{
	m->payload.u64 = value;
	return vhost_msg_reply(m, sizeof(value));
}

static int dispatch(struct guest *g, struct vhost_msg *m)
{
	switch (m->head.request) {
	case VHOST_USER_GET_FEATURES:
		return reply_u64(m, FEATURES);
	case VHOST_USER_SET_FEATURES:
		return m->payload.u64 & ~FEATURES ? -EPROTO : 0;
	case VHOST_USER_SET_OWNER:
	case VHOST_USER_RESET_OWNER:
		return 0;
	case VHOST_USER_SET_MEM_TABLE:
		return set_mem_table(g, m);
	case VHOST_USER_SET_VRING_NUM:
		return set_vring_num(g, m);
	case VHOST_USER_SET_VRING_ADDR:
		return set_vring_addr(g, m);
	case VHOST_USER_SET_VRING_BASE:
		return set_vring_base(g, m);
	case VHOST_USER_GET_VRING_BASE:
		return get_vring_base(g, m);
	case VHOST_USER_SET_VRING_KICK:
	case VHOST_USER_SET_VRING_CALL:
	case VHOST_USER_SET_VRING_ERR:
		return set_vring_fd(g, m);
	case VHOST_USER_GET_PROTOCOL_FEATURES:
		return reply_u64(m, PROTOCOL_FEATURES);
	case VHOST_USER_SET_PROTOCOL_FEATURES:
		g->features = m->payload.u64 & PROTOCOL_FEATURES;
		return 0;
	case VHOST_USER_GET_QUEUE_NUM:
		return reply_u64(m, GUEST_RINGS);
	case VHOST_USER_SET_VRING_ENABLE:
		return set_vring_enable(g, m);
	case VHOST_USER_SET_BACKEND_REQ_FD:
		return set_backend_fd(g, m);
	case VHOST_USER_GET_CONFIG:
		return get_config(g, m);
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * vhost_user_serve() - Do what a message asks for, and answer it
 * @g:		the guest whose machine sent it
 * @m:		the message; descriptors that it leaves are not wanted
 *
 * Return: 0, or a negative errno if the machine broke the protocol
 */
int vhost_user_serve(struct guest *g, struct vhost_msg *m)
{
	int err = dispatch(g, m);

	if (!err && !m->replied && m->head.flags & VHOST_USER_NEED_REPLY &&
	    g->features & 1ull << VHOST_USER_PF_REPLY_ACK)
		err = reply_u64(m, 0);
	return err;
}
