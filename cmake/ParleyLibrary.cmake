# parley_library(DEPENDS floor… [LIBRARIES target…] [REAL_TIME])
#
# REAL_TIME: its tests send packets by the clock, so that nothing else may run beside them.
# One library for the calling folder, named after it, from every *.cpp in it (and in its sub-folders) but main.cpp and
#   *_test.cpp   one GoogleTest program <folder>_test; each case is a ctest test
#   *_bench.cpp  one Google Benchmark program <folder>_bench
#   *_fuzz.cpp   one libFuzzer program per file, named after the file (PARLEY_FUZZ only)
# Sources are found, not listed, so that a new file needs no edit here.
#
# parley_program(DEPENDS floor… [LIBRARIES target…])
#
# The same for a folder that is a program: main.cpp becomes the executable named after the folder (in bin/ of the build
# folder), everything else the library <folder>_parts, so that tests can link it.
#
# At the end parley_write_lists() leaves lists/{tests,benches,fuzzers} in the build folder: what ./dev bench and ./dev fuzz run.
function(parley_library)
  get_filename_component(name ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  _parley_parts(${name} ${name} ${ARGN})
endfunction()

function(parley_program)
  get_filename_component(name ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  _parley_parts(${name} ${name}_parts ${ARGN})
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/main.cpp)
    add_executable(${name} main.cpp)
    target_link_libraries(${name} PRIVATE parley::${name}_parts)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
    install(TARGETS ${name} RUNTIME DESTINATION bin)
  endif()
endfunction()

function(parley_write_lists)
  foreach(kind BENCHES FUZZERS)
    get_property(items GLOBAL PROPERTY PARLEY_${kind})
    list(SORT items)
    list(JOIN items "\n" text)
    string(TOLOWER ${kind} file)
    file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/lists/${file} CONTENT "${text}\n")
  endforeach()
  get_property(benches GLOBAL PROPERTY PARLEY_BENCHES)
  add_custom_target(benches DEPENDS ${benches})
  get_property(fuzzers GLOBAL PROPERTY PARLEY_FUZZERS)
  add_custom_target(fuzzers DEPENDS ${fuzzers})
endfunction()

# folder: the short name that tests and benchmarks carry; name: the library's.
function(_parley_parts folder name)
  cmake_parse_arguments(ARG "REAL_TIME" "" "DEPENDS;LIBRARIES;TEST_LIBRARIES" ${ARGN})
  file(GLOB_RECURSE all CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} *.cpp)
  set(sources ${all})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cpp$|^main\\.cpp$")
  set(tests ${all})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  set(benches ${all})
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  set(fuzzers ${all})
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")

  if(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(parley::${name} ALIAS ${name})
  target_include_directories(${name} ${scope} ${CMAKE_SOURCE_DIR}/src)
  list(TRANSFORM ARG_DEPENDS PREPEND parley:: OUTPUT_VARIABLE depends)
  target_link_libraries(${name} ${scope} ${depends} ${ARG_LIBRARIES} fmt::fmt Threads::Threads)

  if(tests)
    add_executable(${folder}_test ${tests})
    target_link_libraries(${folder}_test PRIVATE parley::${name} ${ARG_TEST_LIBRARIES} GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${folder}_test TEST_PREFIX ${folder}/ DISCOVERY_TIMEOUT 60
                         PROPERTIES LABELS unit TIMEOUT 120 RUN_SERIAL ${ARG_REAL_TIME}
                         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endif()
  if(benches AND PARLEY_BENCH AND NOT PARLEY_SANITIZE)
    find_package(benchmark REQUIRED)
    add_executable(${folder}_bench EXCLUDE_FROM_ALL ${benches})
    target_link_libraries(${folder}_bench PRIVATE parley::${name} ${ARG_TEST_LIBRARIES} benchmark::benchmark_main)
    set_target_properties(${folder}_bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/benches)
    set_property(GLOBAL APPEND PROPERTY PARLEY_BENCHES ${folder}_bench)
  endif()
  if(PARLEY_FUZZ)
    foreach(file ${fuzzers})
      get_filename_component(target ${file} NAME_WE)
      add_executable(${target} ${file})
      target_link_libraries(${target} PRIVATE parley::${name})
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
      set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzzers)
      set_property(GLOBAL APPEND PROPERTY PARLEY_FUZZERS ${target})
    endforeach()
  endif()
endfunction()
