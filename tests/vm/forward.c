/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Packets from guest to guest (Virtual I/O Device 1.2, section 5.10.6).
 *
 * Packets go from one guest's transmit ring to another's receive ring as they
 * are, cut to the size of the receiver's buffers; credit, order and the state
 * of connections are the two kernels' own business.  Nothing is stored here:
 * a packet waits in its sender's ring until the receiver has a buffer for it,
 * and those behind it wait too.
 *
 * A guest cannot speak for another one, and a packet whose destination is
 * unknown or absent is answered by a reset, as a hypervisor does.
 */
#include <errno.h>
#include <stdio.h>

#include "forward.h"

/* Packets that one guest may send before the next one's turn. */
#define TURN 64

enum verdict { DELIVER, REFUSE, DROP };

/* Why a guest's turn is over */
enum turn { NOTHING_TO_DO, NO_BUFFER, USED_UP };

static struct guest *find_guest(struct net *net, uint64_t cid)
{
	for (unsigned int i = 0; i < net->guests; i++)
		if (net->guest[i].cid == cid)
			return &net->guest[i];
	return NULL;
}

static bool is_hole(const struct net *net, uint64_t cid)
{
	for (unsigned int i = 0; i < net->holes; i++)
		if (net->hole[i] == cid)
			return true;
	return false;
}

/* What is to become of a packet, and who gets it or, if refused, the reset. */
static enum verdict judge(struct net *net, struct guest *from,
			  const struct virtio_vsock_hdr *h, struct guest **to)
{
	*to = find_guest(net, h->dst_cid);
	if (h->src_cid != from->cid || is_hole(net, h->dst_cid))
		return DROP;
	if (*to && ring_ready(&(*to)->ring[GUEST_RX]) &&
	    h->type == VIRTIO_VSOCK_TYPE_STREAM)
		return DELIVER;
	*to = from;
	/* Two that do not know each other would reset for ever. */
	return h->op == VIRTIO_VSOCK_OP_RST ? DROP : REFUSE;
}

static void trace(const struct net *net, const struct virtio_vsock_hdr *h,
		  enum verdict verdict)
{
	static const char *const what[] = { "", " refused", " dropped" };

	if (net->trace)
		fprintf(stderr, "%llu:%u > %llu:%u op %u len %u%s\n",
			(unsigned long long)h->src_cid, h->src_port,
			(unsigned long long)h->dst_cid, h->dst_port, h->op,
			h->len, what[verdict]);
}

/* The answer to a packet that is refused. */
static struct virtio_vsock_hdr reset_for(const struct virtio_vsock_hdr *h)
{
	return (struct virtio_vsock_hdr){
		.src_cid = h->dst_cid,
		.dst_cid = h->src_cid,
		.src_port = h->dst_port,
		.dst_port = h->src_port,
		.type = h->type,
		.op = VIRTIO_VSOCK_OP_RST,
	};
}

/*
 * Puts a header and up to @len bytes of @packet's payload, from @offset on,
 * into the next buffer of a guest.
 *
 * Returns the bytes of payload that fitted; -EAGAIN if there is no buffer;
 * -EINVAL if that buffer was no good, so that the next one is to be tried;
 * -EPROTO if the ring was not.
 */
static ssize_t put(struct guest *to, struct virtio_vsock_hdr h,
		   const struct ring_chain *packet, size_t offset, size_t len)
{
	struct ring *r = &to->ring[GUEST_RX];
	struct ring_chain buffer;
	size_t room;
	int err;

	err = ring_peek(r, &to->memory, true, &buffer);
	if (err == 0)
		return -EAGAIN;
	if (err == -EPROTO)
		return err;
	if (err < 0 || buffer.total < sizeof(h) + (len > 0)) {
		ring_give_back(r, &buffer, 0);
		return -EINVAL;
	}
	room = buffer.total - sizeof(h);
	h.len = (uint32_t)(len < room ? len : room);
	ring_write(&buffer, 0, &h, sizeof(h));
	ring_copy(&buffer, sizeof(h), packet, sizeof(h) + offset, h.len);
	ring_give_back(r, &buffer, (uint32_t)sizeof(h) + h.len);
	return h.len;
}

/*
 * Delivers what is left of the packet of @from to @to, as far as there are
 * buffers.  Returns 0 when it is through; else as put().
 */
static ssize_t deliver(struct guest *from, struct guest *to,
		       const struct ring_chain *chain)
{
	size_t len = from->packet.len;
	ssize_t n;

	if (len > chain->total - sizeof(from->packet)) {
		fprintf(stderr,
			"vsockswitch: cid %llu: packet shorter than it says\n",
			(unsigned long long)from->cid);
		return 0;
	}
	do {
		n = put(to, from->packet, chain, from->sent, len - from->sent);
		if (n < 0)
			return n;
		from->sent += (size_t)n;
	} while (from->sent < len);
	return 0;
}

/* Reads the next packet's header, unless it has been read. */
static bool read_header(struct guest *from, const struct ring_chain *chain)
{
	if (chain->total < sizeof(from->packet))
		return false;
	if (!from->partial)
		ring_read(chain, 0, &from->packet, sizeof(from->packet));
	return true;
}

/* Sends one packet on its way.  Returns 0; -EAGAIN if it has to wait. */
static int forward_packet(struct net *net, struct guest *from,
			  const struct ring_chain *chain)
{
	enum verdict verdict;
	struct guest *to;
	ssize_t err = 0;

	verdict = judge(net, from, &from->packet, &to);
	if (!from->partial) {
		trace(net, &from->packet, verdict);
		from->sent = 0;
		from->partial = true;
	}
	if (verdict == DROP)
		return 0;
	/* Each bad buffer is given back, so this ends. */
	do {
		if (verdict == DELIVER)
			err = deliver(from, to, chain);
		else
			err = put(to, reset_for(&from->packet), chain, 0, 0);
	} while (err == -EINVAL);
	if (err == -EPROTO) {
		guest_disconnect(to, "impossible receive ring");
		return 0;
	}
	return (int)err;
}

static enum turn forward_from(struct net *net, struct guest *from)
{
	struct ring *r = &from->ring[GUEST_TX];
	struct ring_chain chain;
	int err;

	for (int i = 0; i < TURN; i++) {
		err = ring_peek(r, &from->memory, false, &chain);
		if (err == 0)
			return NOTHING_TO_DO;
		if (err == -EPROTO) {
			guest_disconnect(from, "impossible transmit ring");
			return NOTHING_TO_DO;
		}
		if (err == 1 && read_header(from, &chain) &&
		    forward_packet(net, from, &chain) == -EAGAIN)
			return NO_BUFFER;
		/* It may have been disconnected as its own receiver. */
		if (!ring_ready(r))
			return NOTHING_TO_DO;
		from->partial = false;
		ring_give_back(r, &chain, 0);
	}
	return USED_UP;
}

/**
 * forward_all() - Give each guest a turn to send
 * @net:	the guests
 *
 * Return: whether there is more that could be done at once
 */
bool forward_all(struct net *net)
{
	bool more = false;

	for (unsigned int i = 0; i < net->guests; i++)
		if (forward_from(net, &net->guest[i]) == USED_UP)
			more = true;
	for (unsigned int i = 0; i < net->guests; i++)
		for (int k = 0; k < GUEST_RINGS; k++)
			ring_notify(&net->guest[i].ring[k]);
	return more;
}
