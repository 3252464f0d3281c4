// SPDX-License-Identifier: GPL-3.0-or-later
/* epollreg: see epollreg.h
 *
 * A registration belongs to a descriptor number *and* an open file: dup3(2)
 * of another socket over the number loses it, and if a duplicate keeps the old
 * file alive, the stale registration goes on firing and can be deleted through
 * neither number (epoll(7), Q6).  So before the number is replaced, each
 * registration is read and deleted, and afterwards added again.
 *
 * epoll_ctl()'s hook notes the last registration of every number here, since
 * nobody knows then which number will be routed.  That costs the hook three
 * stores, and no lock: one number's registrations are one thread's business,
 * or else the program has a race of its own.  The note is a hint: it may be of
 * a file since closed behind our back (EPOLL_CTL_DEL then finds nothing), not
 * the only one (FD_MULTI), disarmed since (EPOLLONESHOT), or name an instance
 * that has several numbers; but for the first case the kernel's own account,
 * /proc/thread-self/fdinfo (proc(5)), is read.
 */

#include <stdatomic.h>

#include "epollreg.h"
#include "fdtab.h"
#include "sys.h"
#include "text.h"

struct epollreg_note epollreg_notes[EPOLLREG_FAST];

/* Those of greater numbers: PAGE each, allocated when the first is noted */
#define PAGE ((size_t)4096)

static _Atomic(struct epollreg_note *) pages[FDTAB_FAST / PAGE];

/* NULL where there is no note yet, or @fd is out of range */
static struct epollreg_note *note_of(int fd)
{
	struct epollreg_note *page;

	if ((unsigned)fd < EPOLLREG_FAST)
		return &epollreg_notes[fd];
	if ((unsigned)fd >= FDTAB_FAST)
		return NULL;
	page = atomic_load_explicit(&pages[(size_t)fd / PAGE],
				    memory_order_acquire);
	return page ? &page[(size_t)fd % PAGE] : NULL;
}

/* The instance in the note of @fd, or -1: there is none */
static int noted(int fd)
{
	struct epollreg_note *n = note_of(fd);

	if (!n || !(fdtab_flag(fd) & FD_NOTED))
		return -1;
	return atomic_load_explicit(&n->ep, memory_order_relaxed);
}

/* The note of @fd, allocated if need be; NULL where there is no memory */
static struct epollreg_note *new_note(int fd)
{
	const size_t size = sizeof(struct epollreg_note) * PAGE;
	struct epollreg_note *n = note_of(fd), *none = NULL, *page;

	if (n)
		return n;
	page = sys_mmap_anon(size);
	if (page && !atomic_compare_exchange_strong(&pages[(size_t)fd / PAGE],
						    &none, page))
		sys_munmap(page, size); /* another thread was faster */
	return note_of(fd);
}

static void note_registration(int ep, int fd, const struct epoll_event *e)
{
	struct epollreg_note *n = new_note(fd);
	int before = noted(fd);

	/* without memory: as if in several, then /proc is asked */
	if (!n || (before >= 0 && before != ep))
		fdtab_mark(fd, FD_MULTI);
	if (!n)
		return;
	atomic_store_explicit(&n->events, e->events, memory_order_relaxed);
	atomic_store_explicit(&n->data, e->data.u64, memory_order_relaxed);
	atomic_store_explicit(&n->ep, ep, memory_order_relaxed);
	fdtab_mark(fd, FD_NOTED);
}

/**
 * epollreg_note() - An epoll_ctl(2) has succeeded
 *
 * Lock-free, async-signal-safe.
 */
void epollreg_note(int ep, int op, int fd, const struct epoll_event *e)
{
	fdtab_mark(ep, FD_EPOLL);
	if ((unsigned)fd >= FDTAB_FAST)
		return;
	if (op != EPOLL_CTL_DEL && e)
		note_registration(ep, fd, e);
	else if (noted(fd) == ep)
		fdtab_unmark(fd, FD_NOTED);
}

/* The number after the next colon in *s, which moves on behind it */
static uint64_t parse_number(const char **s, unsigned base)
{
	uint64_t v = 0;

	while (**s && *(*s)++ != ':')
		;
	while (**s == ' ')
		(*s)++;
	for (;; (*s)++) {
		if (**s >= '0' && **s <= '9')
			v = v * base + (unsigned)(**s - '0');
		else if (base == 16 && **s >= 'a' && **s <= 'f')
			v = v * base + (unsigned)(**s - 'a' + 10);
		else
			return v;
	}
}

/* fs/eventpoll.c, ep_show_fdinfo():
 * "tfd: %8d events: %8x data: %16llx  pos:%lli ino:%lx sdev:%x" */
static bool line_is_of(const char *line, int fd, ino_t ino,
		       struct epoll_event *e)
{
	if (line[0] != 't' || line[1] != 'f' || line[2] != 'd')
		return false;
	if (parse_number(&line, 10) != (uint64_t)fd)
		return false;
	e->events = (uint32_t)parse_number(&line, 16);
	e->data.u64 = parse_number(&line, 16);
	parse_number(&line, 10);
	return parse_number(&line, 16) == ino;
}

static int fdinfo_open(int ep)
{
	char path[48];
	struct text t = text_init(path, sizeof(path));

	text_str(&t, "/proc/thread-self/fdinfo/");
	text_uint(&t, (unsigned)ep);
	return sys_openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
}

static bool have_fdinfo(void)
{
	int f = sys_openat(AT_FDCWD, "/proc/thread-self/fdinfo",
			   O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	if (f >= 0)
		sys_close(f);
	return f >= 0;
}

/* What the kernel says of @fd in @ep.  Return: 1 found, 0 not, -errno */
static int fdinfo_find(int ep, int fd, ino_t ino, struct epoll_event *e)
{
	char buf[1024], line[160];
	struct text t = text_init(line, sizeof(line));
	int found = 0, f = fdinfo_open(ep);
	ssize_t n = 0;

	if (f < 0)
		return f;
	while (!found && (n = sys_read(f, buf, sizeof(buf))) > 0) {
		for (ssize_t i = 0; i < n && !found; i++) {
			/* NOLINTNEXTLINE: read(2), in assembler, has set it */
			if (buf[i] != '\n') {
				text_char(&t, buf[i]);
				continue;
			}
			found = line_is_of(line, fd, ino, e);
			t = text_init(line, sizeof(line));
		}
	}
	sys_close(f);
	return n < 0 ? (int)n : found;
}

/* Delete @fd from @ep and remember it, if it is there. */
static int take_one(struct epollreg_saved *s, int ep, int fd,
		    const struct epoll_event *e)
{
	int r;

	if (s->n == EPOLLREG_MAX)
		return -ENOBUFS;
	r = sys_epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL);
	if (r < 0)
		return 0; /* the note was of another file */
	s->reg[s->n].ep = ep;
	s->reg[s->n].fd = fd;
	s->reg[s->n++].event = *e;
	return 0;
}

/* @noted_event: what is to hold where /proc cannot be read, or NULL */
static int take_by_fdinfo(struct epollreg_saved *s, int ep, int fd, ino_t ino,
			  const struct epoll_event *noted_event)
{
	struct epoll_event e = { 0 };
	int r = fdinfo_find(ep, fd, ino, &e);

	if (r > 0)
		return take_one(s, ep, fd, &e);
	if (r == 0 || (r == -ENOENT && have_fdinfo()))
		return 0; /* not in there, or closed since */
	return noted_event ? take_one(s, ep, fd, noted_event) : -ENOSYS;
}

static int take_all(struct epollreg_saved *s, int fd, ino_t ino)
{
	int high = atomic_load_explicit(&fdtab_high, memory_order_relaxed);
	int r = 0;

	for (int ep = 0; ep <= high && r >= 0; ep++) {
		if (fdtab_flag(ep) & (FD_EPOLL | FD_DUPED))
			r = take_by_fdinfo(s, ep, fd, ino, NULL);
	}
	if (r == 0) /* epollreg_restore() notes what there is */
		fdtab_unmark(fd, FD_MULTI | FD_NOTED);
	return r;
}

/**
 * epollreg_take() - Remove a descriptor from every epoll instance
 * @fd:		descriptor, about to be replaced
 * @ino:	inode of the socket that it is
 * @s:		what there was is appended
 *
 * Return: 0; -ENOBUFS where it is in too many instances; -ENOSYS where several
 * must be looked at, and /proc cannot be read.  Then epollreg_restore() puts
 * back what was removed, and the descriptor must not be replaced.
 */
int epollreg_take(int fd, ino_t ino, struct epollreg_saved *s)
{
	struct epoll_event e = { 0 };
	struct epollreg_note *n;
	int ep = noted(fd);

	if ((unsigned)fd >= FDTAB_FAST || fdtab_flag(fd) & FD_MULTI)
		return take_all(s, fd, ino);
	if (ep < 0)
		return 0;
	/* the instance has another number, or has only that by now */
	if (ep < FDTAB_FAST &&
	    (fdtab_flag(ep) & (FD_EPOLL | FD_DUPED)) != FD_EPOLL)
		return take_all(s, fd, ino);
	n = note_of(fd);
	e.events = atomic_load_explicit(&n->events, memory_order_relaxed);
	e.data.u64 = atomic_load_explicit(&n->data, memory_order_relaxed);
	if (e.events & EPOLLONESHOT)
		return take_by_fdinfo(s, ep, fd, ino, &e);
	return take_one(s, ep, fd, &e);
}

/**
 * epollreg_restore() - Add the registrations of a descriptor again
 * @s:		from epollreg_take()
 * @fd:		only this descriptor's
 */
void epollreg_restore(struct epollreg_saved *s, int fd)
{
	for (int i = 0; i < s->n; i++) {
		if (s->reg[i].fd != fd)
			continue;
		sys_epoll_ctl(s->reg[i].ep, EPOLL_CTL_ADD, fd,
			      &s->reg[i].event);
		epollreg_note(s->reg[i].ep, EPOLL_CTL_ADD, fd,
			      &s->reg[i].event);
	}
}
