// Time and sockets as the load engine sees them: the system's epoll, or a simulation in tests.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "net/url.h"

namespace hone::load {

// Belongs to one thread. Readiness is told on edges: after a Ready, read (or write) until it is short or would block.
class Transport {
 public:
  struct Ready {
    uint32_t slot = 0;
    bool readable = false;  // also at the end of the stream and after an error
    bool writable = false;
    bool closed = false;  // the peer will send no more
  };

  virtual ~Transport() = default;
  virtual base::Nanos Now() const = 0;
  // CPU time of this thread.
  virtual base::Nanos CpuTime() const = 0;
  // Begins to connect `slot`; its end is a Ready. 0, or a negative errno.
  virtual int Connect(uint32_t slot) = 0;
  // 0, or the negative errno of a connection that failed: after the first Ready of a slot.
  virtual int ConnectError(uint32_t slot) = 0;
  // Bytes moved, or a negative errno (-EAGAIN: would block). Read gives 0 at the end of the stream.
  virtual int64_t Write(uint32_t slot, std::string_view bytes) = 0;
  virtual int64_t Read(uint32_t slot, std::span<char> buffer) = 0;
  virtual void Close(uint32_t slot) = 0;
  // Returns when something is ready, or at `deadline` (the past: at once).
  virtual std::span<const Ready> Wait(base::Nanos deadline) = 0;
};

// Over epoll, for slots 0 .. slots-1, all to one address. kEnvironment where descriptors do not suffice.
base::Result<std::unique_ptr<Transport>> SystemTransport(const net::SocketAddress& address, uint32_t slots);

}  // namespace hone::load
