/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The control protocol by which a guest's machine tells us where the guest's
 * memory and rings are.
 */
#ifndef VM_VHOST_USER_H
#define VM_VHOST_USER_H

#include "guest.h"
#include "vhost_user_msg.h"

int vhost_user_serve(struct guest *g, struct vhost_msg *m);

#endif
