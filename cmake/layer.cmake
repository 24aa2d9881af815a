# brink_layer(NAME DIR [LINKS target...] [PRIVATE_LINKS target...])
#
# One static library per layer. Its headers are reached as "NAME/header.h" through an include folder
# that holds nothing but that layer, so that a file sees exactly the layers that its target links:
# an upward include does not compile. The link lines in sim/CMakeLists.txt are the layer diagram.
function(brink_layer name dir)
    cmake_parse_arguments(arg "" "" "LINKS;PRIVATE_LINKS" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.c)
    add_library(brink_${name} STATIC ${sources})
    set(window ${CMAKE_BINARY_DIR}/layers/${name})
    file(MAKE_DIRECTORY ${window})
    file(CREATE_LINK ${dir} ${window}/${name} SYMBOLIC)
    target_include_directories(brink_${name} PUBLIC ${window})
    target_link_libraries(brink_${name} PUBLIC ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
endfunction()
