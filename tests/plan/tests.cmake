# What the plan says of synthetic images, and whether the numbers that it plans are those that the host's sfdisk and
# resize2fs come to.
if(Python3_FOUND)
  add_test(NAME plan/golden COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/plan/golden.py
                                    $<TARGET_FILE:qemu-grow> --jobs=2)
  set_tests_properties(plan/golden PROPERTIES LABELS plan TIMEOUT 1200)
  add_test(NAME plan/layouts COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/plan/layouts.py
                                     $<TARGET_FILE:qemu-grow> --count=200 --jobs=2)
  set_tests_properties(plan/layouts PROPERTIES LABELS plan TIMEOUT 1200)
  add_test(NAME plan/guest COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/plan/layouts.py
                                   $<TARGET_FILE:qemu-grow> --count=2 --seed=22 --jobs=1 --guest=${GUEST_ISO})
  set_tests_properties(plan/guest PROPERTIES LABELS e2e TIMEOUT 1800 FIXTURES_REQUIRED guest_iso)
  # Thousands of layouts, some to near 2 TiB: cmake --build BUILD --target soak-layouts
  add_custom_target(soak-layouts COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/plan/layouts.py
                                         $<TARGET_FILE:qemu-grow> --count=3000 --seed=10000 --jobs=2 --far
                    USES_TERMINAL)
endif()
