/* SPDX-License-Identifier: GPL-3.0-or-later */
/* passed: addresses that names under a `pass` rule have resolved to */
#ifndef PASSED_H
#define PASSED_H

#include <stdbool.h>
#include <sys/socket.h>

#include "addr.h"

void passed_add(const struct sockaddr *sa, socklen_t len);
bool passed_has(const struct addr *a);

#endif
