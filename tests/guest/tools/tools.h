/*
 * The test guest's own programs, linked statically into one file that looks at the name it was
 * called by, as busybox does. Each takes main()'s arguments and gives the exit status.
 */
#ifndef GUEST_TOOLS_H
#define GUEST_TOOLS_H

int blkid_main(int argc, char **argv);
int kmsg_noise_main(int argc, char **argv);
int nlplug_findfs_main(int argc, char **argv);
int uevent_forwarder_main(int argc, char **argv);

#endif
