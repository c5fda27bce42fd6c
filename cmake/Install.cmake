# The Go program that hone asks about Go code, and where everything goes at `cmake --install`.
find_program(GO go)
set(HONE_GO_BINARY ${PROJECT_BINARY_DIR}/libexec/hone/hone-go)
file(GLOB HONE_GO_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/go/hone-go/*.go ${PROJECT_SOURCE_DIR}/go/hone-go/go.*)
if(GO)
  add_custom_command(
    OUTPUT ${HONE_GO_BINARY}
    COMMAND ${CMAKE_COMMAND} -E env CGO_ENABLED=0 ${GO} build -trimpath -o ${HONE_GO_BINARY} .
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/go/hone-go
    DEPENDS ${HONE_GO_SOURCES}
    COMMENT "Building hone-go"
    VERBATIM)
  add_custom_target(hone_go ALL DEPENDS ${HONE_GO_BINARY})
endif()

include(GNUInstallDirs)
install(TARGETS hone RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(PROGRAMS ${HONE_GO_BINARY} DESTINATION libexec/hone OPTIONAL)
install(DIRECTORY go/hone-go DESTINATION ${CMAKE_INSTALL_DATADIR}/hone/go PATTERN testdata EXCLUDE PATTERN "*_test.go" EXCLUDE)
install(FILES docs/report.schema.json LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/hone OPTIONAL)
