# The program behind the shim that loses, doubles, delays and swaps bytes.
set(SHIM_DIR ${CMAKE_CURRENT_SOURCE_DIR}/shim)
find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  # Each mode on its way to the guest once; each must end with a grown disk.
  add_test(NAME fake/shim-quick COMMAND ${Python3_EXECUTABLE} ${SHIM_DIR}/run.py $<TARGET_FILE:qemu-grow>
                                        --to=guest --k=29 --jobs=4 --grown)
  set_tests_properties(fake/shim-quick PROPERTIES LABELS fake TIMEOUT 1800)
  # All k from 2 to 50, both ways; the table of tests/shim/README.md.
  add_custom_target(soak-shim
    COMMAND ${Python3_EXECUTABLE} ${SHIM_DIR}/run.py $<TARGET_FILE:qemu-grow>
    DEPENDS qemu-grow
    USES_TERMINAL)
endif()
# The same with real QEMU: the real ISOLINUX, ash and fdisk.
add_guest_test(e2e/shim-drop e2e shim/e2e.sh drop 20)
add_guest_test(e2e/shim-swap e2e shim/e2e.sh swap 7)
foreach(mode drop double swap)
  foreach(k 3 7 20)
    add_guest_test(soak/shim-${mode}-${k} soak shim/e2e.sh ${mode} ${k})
  endforeach()
endforeach()
