// Sockets that listen on 127.0.0.1, for what Hone serves itself.
#pragma once

#include <cstdint>
#include <optional>

#include "base/files.h"

namespace hone::net {

struct LoopbackListener {
  base::FileDescriptor fd = {};  // non-blocking
  uint16_t port = 0;             // the kernel's choice
};

// Empty where no port can be had; errno says why.
std::optional<LoopbackListener> ListenOnLoopback();

}  // namespace hone::net
