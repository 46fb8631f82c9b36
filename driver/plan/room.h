// How much of the host's file system a growth takes.
#ifndef QEMU_GROW_PLAN_ROOM_H
#define QEMU_GROW_PLAN_ROOM_H

#include "plan/plan.h"

// Fills p->room, from KNOWN_GROWTH on. in_place: nothing is written but to the disk itself.
//
// What is written is the metadata of the new block groups: their descriptors and inode tables, at
// most (file systems with checksums of their groups leave the tables for later), and where blocks
// have to move for more descriptors the tables of all groups. An overlay takes as much again as the
// disk takes when it is committed.
void room_estimate(struct plan *p, bool in_place);

#endif
