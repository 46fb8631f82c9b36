# Recordings as guests, and what a recording must be.
if(Python3_FOUND)
  add_test(NAME recordings/guest COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/recordings/check.py
                                         $<TARGET_FILE:qemu-grow> --cuts=3 --mutations=1 --jobs=1)
  add_test(NAME recordings/live COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/recordings/live.py
                                        $<TARGET_FILE:qemu-grow> --kills=10)
  set_tests_properties(recordings/guest recordings/live PROPERTIES LABELS fake TIMEOUT 1800)
  # 271 ways of cutting for each of 37 recordings, every prompt of eleven changed, 100 kills.
  add_custom_target(recordings-full
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/recordings/check.py $<TARGET_FILE:qemu-grow>
            --cuts=271 --mutations=all
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/recordings/live.py $<TARGET_FILE:qemu-grow>
            --kills=100
    DEPENDS qemu-grow
    USES_TERMINAL)
endif()
