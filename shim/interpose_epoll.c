// SPDX-License-Identifier: GPL-3.0-or-later
/* interpose_epoll: remember registrations, for connect() to move them */

#include "epollreg.h"
#include "interpose.h"
#include "real.h"

SLOW static int ctl_and_note(int ep, int op, int fd, struct epoll_event *e)
{
	int r = real.epoll_ctl(ep, op, fd, e);

	if (r == 0)
		epollreg_note(ep, op, fd, e);
	return r;
}

int shim_epoll_ctl(int ep, int op, int fd, struct epoll_event *e)
{
	if (epollreg_note_mod(ep, op, fd, e))
		return real.epoll_ctl(ep, op, fd, e);
	return ctl_and_note(ep, op, fd, e);
}

HOOK(int, epoll_ctl, int ep, int op, int fd, struct epoll_event *e)
{
	return shim_epoll_ctl(ep, op, fd, e);
}
