# What every target of Hone is compiled with.
add_library(standard_settings INTERFACE)
target_compile_features(standard_settings INTERFACE cxx_std_23)
target_compile_options(standard_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wnull-dereference -Wdouble-promotion -Wimplicit-fallthrough -ffp-contract=off)
if(HONE_WERROR)
  target_compile_options(standard_settings INTERFACE -Werror)
endif()
if(CMAKE_UNITY_BUILD)
  # It takes a type of an anonymous namespace in a file that another one includes for a mistake.
  target_compile_options(standard_settings INTERFACE -Wno-subobject-linkage)
endif()
if(HONE_SANITIZE STREQUAL "address")
  target_compile_options(standard_settings INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(standard_settings INTERFACE -fsanitize=address,undefined)
  # Sanitizer instrumentation makes GCC 12 report null dereferences on paths that do not exist.
  target_compile_options(standard_settings INTERFACE -Wno-null-dereference -Wno-maybe-uninitialized)
elseif(HONE_SANITIZE STREQUAL "thread")
  target_compile_options(standard_settings INTERFACE -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
  target_link_options(standard_settings INTERFACE -fsanitize=thread)
elseif(HONE_SANITIZE)
  message(FATAL_ERROR "HONE_SANITIZE is address or thread, not ${HONE_SANITIZE}")
endif()
target_include_directories(standard_settings INTERFACE ${PROJECT_SOURCE_DIR}/src)
