/* SPDX-License-Identifier: GPL-3.0-or-later */
/* install: put another socket on the program's descriptor numbers */
#ifndef INSTALL_H
#define INSTALL_H

#include "fdtab.h"

int install(int fd, ino_t old, int side, struct conn *c);

#endif
