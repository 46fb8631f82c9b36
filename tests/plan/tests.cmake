# What the plan says of synthetic images, and whether the numbers that it plans are those that the host's sfdisk and
# resize2fs come to.
if(Python3_FOUND)
  add_test(NAME plan/golden COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/plan/golden.py
                                    $<TARGET_FILE:qemu-grow> --jobs=2)
  set_tests_properties(plan/golden PROPERTIES LABELS plan TIMEOUT 1200)
endif()
