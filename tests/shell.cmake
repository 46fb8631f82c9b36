# Tests that are shell scripts. They share the test guest's ISO, which one test (a fixture) builds.
set(GUEST_DIR ${PROJECT_SOURCE_DIR}/build/guest)
set(GUEST_ISO ${GUEST_DIR}/alpine-virt-test.iso)
set(E2E_WORK ${CMAKE_CURRENT_BINARY_DIR}/e2e)
set(E2E_ENVIRONMENT "QEMU_GROW=$<TARGET_FILE:qemu-grow>;GUEST_ISO=${GUEST_ISO};WORK=${E2E_WORK}")

# add_shell_test(NAME LABEL TIMEOUT SCRIPT ARG...): a script below tests/. TIMEOUT only ends what hangs: it is many
# times what the test takes.
function(add_shell_test name label timeout script)
  add_test(NAME ${name} COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/${script} ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${timeout} ENVIRONMENT "${E2E_ENVIRONMENT}")
endfunction()

# add_guest_test: the same, for one that boots the test guest.
function(add_guest_test name label script)
  add_shell_test(${name} ${label} 1800 ${script} ${ARGN})
  set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED guest_iso)
endfunction()

add_shell_test(guest/iso "guest;e2e;matrix;soak;peers" 1200 guest/build.sh ${GUEST_DIR})
set_tests_properties(guest/iso PROPERTIES FIXTURES_SETUP guest_iso)

add_shell_test(cli/option-lists cli 300 cli/option-lists.sh $<TARGET_FILE:qemu-grow>)
add_shell_test(cli/install cli 300 cli/install.sh ${CMAKE_BINARY_DIR})
add_shell_test(disks/make disks 600 disks/selftest.sh)
add_shell_test(disks/check disks 1200 e2e/check/selftest.sh)
add_shell_test(scripts/shellcheck style 300 style/shellcheck.sh)
add_shell_test(scripts/clang-format style 300 style/clang-format.sh)
add_shell_test(scripts/clang-tidy style 1800 style/clang-tidy.sh ${CMAKE_BINARY_DIR})

# The set for CI: each attachment, each value of SEQ and LOG, each option of the runbook, and each kind of disk.
add_guest_test(e2e/example e2e e2e/grow.sh example openwrt qcow2 512M)
add_guest_test(e2e/virtio-single-init e2e e2e/grow.sh virtio-single-init ext4-64bit raw 128M
               --attach=virtio --seq=single --log=init)
add_guest_test(e2e/usb-init-single e2e e2e/grow.sh usb-init-single openwrt-padding qcow2 512M
               --attach=usb --seq=init --log=single --verbose-services)
add_guest_test(e2e/hda-no-login e2e e2e/grow.sh hda-no-login ext3-dirty raw 128M
               --seq=NO --log=Login --kmsg-mark --dmesg --console)
add_guest_test(e2e/usb-boot-drive e2e e2e/grow.sh usb-boot-drive four-primaries qcow2 128M
               --attach=usb --plug=boot --plug-by=drive --seq=no)
add_guest_test(e2e/usb-plug-single e2e e2e/grow.sh usb-plug-single ext2 raw 128M
               --attach=usb --plug=single --debug-init)
add_guest_test(e2e/usb-plug-init e2e e2e/grow.sh usb-plug-init boot-flag-last raw 128M
               --attach=usb --plug=init --append=quiet)
add_guest_test(e2e/usb-plug-login e2e e2e/grow.sh usb-plug-login type-last qcow2 128M
               --attach=usb --plug=login --verbose-services)
add_guest_test(e2e/odd-start e2e e2e/grow.sh odd-start odd-start raw 128M --attach=virtio)
add_guest_test(e2e/last-not-highest e2e e2e/grow.sh last-not-highest last-not-highest raw +80M)
add_guest_test(e2e/last-of-four e2e e2e/grow.sh last-of-four last-not-highest-four qcow2 128M --attach=virtio --seq=no)
add_guest_test(e2e/no-resize-inode e2e e2e/grow.sh no-resize-inode ext2-no-resize-inode raw 512M)
add_guest_test(e2e/paths e2e e2e/paths.sh paths --attach=hda)
add_guest_test(e2e/paths-drive-add e2e e2e/paths.sh paths-drive-add --attach=usb --plug-by=drive)

# Each operation of the guest, cut off in its middle, then recovered and run again; and some in place.
add_guest_test(e2e/kill-fdisk e2e e2e/kill.sh kill-fdisk KILL all transcript "table has been altered"
               openwrt-padding qcow2 512M)
add_guest_test(e2e/kill-e2fsck e2e e2e/kill.sh kill-e2fsck KILL all transcript "^Pass 2"
               openwrt-padding qcow2 512M)
add_guest_test(e2e/kill-resize2fs e2e e2e/kill.sh kill-resize2fs KILL all transcript "^Resizing the filesystem"
               ext2-no-resize-inode raw 512M)
add_guest_test(e2e/kill-poweroff e2e e2e/kill.sh kill-poweroff KILL all log "type poweroff" openwrt qcow2 512M)
add_guest_test(e2e/kill-overlay e2e e2e/kill.sh kill-overlay KILL driver log "step 2: " openwrt qcow2 512M)
add_guest_test(e2e/kill-in-place e2e e2e/kill.sh kill-in-place KILL all transcript "^Resizing the filesystem"
               ext2-no-resize-inode raw 512M --in-place)
add_guest_test(e2e/in-place e2e e2e/grow.sh in-place openwrt-padding qcow2 512M --in-place --attach=virtio)
add_guest_test(e2e/by-copy e2e e2e/grow.sh by-copy openwrt vmdk 512M)
add_guest_test(e2e/kill-qemu e2e e2e/kill.sh kill-qemu KILL qemu log "state login/name" openwrt raw 512M)
add_guest_test(e2e/term-resize2fs e2e e2e/kill.sh term-resize2fs TERM driver transcript "^Resizing the filesystem"
               ext2-no-resize-inode raw 512M)
add_guest_test(e2e/int-boot e2e e2e/kill.sh int-boot INT driver log "state boot/kernel" openwrt raw 512M)

# The shorter routes: each with one attachment in CI, and a kill on the quickest; the others with the matrix.
add_guest_test(e2e/route-single-usb e2e e2e/grow.sh route-single-usb openwrt-padding qcow2 512M
               --route=single --attach=usb --plug=single --debug-init)
add_guest_test(e2e/route-early-hda e2e e2e/grow.sh route-early-hda ext3-dirty raw 128M --route=early --kmsg-mark --dmesg)
add_guest_test(e2e/route-direct-virtio e2e e2e/grow.sh route-direct-virtio openwrt-padding qcow2 512M
               --route=direct --attach=virtio)
add_guest_test(e2e/kill-direct e2e e2e/kill.sh kill-direct KILL all transcript "^Resizing the filesystem"
               ext2-no-resize-inode raw 512M --route=direct)
foreach(route single early direct)
  foreach(attach hda virtio usb)
    if(NOT "${route}-${attach}" MATCHES "single-usb|early-hda|direct-virtio")
      add_guest_test(matrix/route-${route}-${attach} matrix e2e/grow.sh route-${route}-${attach} openwrt qcow2 512M
                     --route=${route} --attach=${attach})
    endif()
  endforeach()
endforeach()
add_guest_test(matrix/route-in-place matrix e2e/grow.sh route-in-place openwrt-padding qcow2 512M --fast --no-warm --in-place)
# The prepared guest: made, used and made anew in CI; all else that can be wrong with it in the soak.
add_guest_test(e2e/warm-twice e2e e2e/warm.sh twice)
foreach(case flipped cut garbage iso version pair kill no-node clock clear accel)
  add_guest_test(soak/warm-${case} soak e2e/warm.sh ${case})
endforeach()

# Kernel and initramfs, unpacked: the same.
add_guest_test(e2e/kept-twice e2e e2e/kept.sh twice)
foreach(case flipped garbage iso pair kill clear unwritable)
  add_guest_test(soak/kept-${case} soak e2e/kept.sh ${case})
endforeach()

include(shim/tests.cmake)
# Guests that die for real.
foreach(death panic panic-unseen emergency kernel-path kernel-path-quiet cd-unreadable disk-io target-full panic-late)
  add_guest_test(e2e/death-${death} e2e e2e/deaths.sh ${death})
endforeach()

add_guest_test(e2e/host-full e2e e2e/full.sh host-full)
set_tests_properties(e2e/host-full PROPERTIES SKIP_RETURN_CODE 77)

# All 48 combinations.
foreach(attach hda virtio usb)
  foreach(seq single init login no)
    foreach(log single init login no)
      add_guest_test(matrix/${attach}-${seq}-${log} matrix e2e/grow.sh
                     matrix-${attach}-${seq}-${log} openwrt qcow2 512M
                     --attach=${attach} --seq=${seq} --log=${log})
    endforeach()
  endforeach()
endforeach()

# SEQ=NO ten times in a row on each attachment.
foreach(attach hda virtio usb)
  foreach(i RANGE 1 10)
    add_guest_test(soak/${attach}-no-${i} soak e2e/grow.sh soak-${attach}-no-${i} openwrt qcow2 512M
                   --attach=${attach} --seq=no)
  endforeach()
endforeach()

include(fake/tests.cmake OPTIONAL)
include(recordings/tests.cmake OPTIONAL)
include(kills/tests.cmake OPTIONAL)
include(many/tests.cmake OPTIONAL)
include(plan/tests.cmake OPTIONAL)
include(iso/tests.cmake OPTIONAL)
include(runbook/tests.cmake OPTIONAL)
include(report/tests.cmake OPTIONAL)
