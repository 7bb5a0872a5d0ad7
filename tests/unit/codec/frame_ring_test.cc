#include "codec/frame_ring.h"

#include <atomic>
#include <set>

#include "support/test.h"

using namespace sqbackup;

namespace {

// The result is the first byte of the input.
class FirstByte : public FrameWork {
 public:
  explicit FirstByte(std::atomic<int>* runs = nullptr) : runs_(runs) {}
  std::size_t run(Frame& frame) noexcept override {
    if (runs_ != nullptr) ++*runs_;
    return frame.input[0];
  }

 private:
  std::atomic<int>* const runs_;
};

}  // namespace

TEST_CASE("frames come back in order, and only so many are in flight") {
  for (unsigned threads : {1U, 2U, 4U}) {
    std::size_t taken = 0;
    bool in_order = true;
    FrameRing ring(
        threads, [] { return std::make_unique<FirstByte>(); },
        [&](const Frame& frame) {
          in_order = in_order && frame.result == taken % 251;
          ++taken;
          return Status();
        });
    std::set<const Frame*> frames;
    for (std::size_t i = 0; i < 2000; ++i) {
      Frame& frame = ring.next();
      frames.insert(&frame);
      frame.reserve(1, 0);
      frame.input[0] = static_cast<std::uint8_t>(i % 251);
      REQUIRE(ring.submit().ok());
      REQUIRE(i + 1 - taken <= threads + 1);
    }
    REQUIRE(ring.finish().ok());
    CHECK(taken == 2000);
    CHECK(in_order);
    CHECK(frames.size() == threads + 2);
  }
}

TEST_CASE("without a second thread the first does the work") {
  int made = 0;
  std::size_t taken = 0;
  std::atomic<int> runs = 0;
  FrameRing ring(
      4,
      [&]() -> std::unique_ptr<FrameWork> {
        return ++made == 1 ? nullptr : std::make_unique<FirstByte>(&runs);
      },
      [&](const Frame& frame) {
        return frame.result == taken++ ? Status() : Status(Error::kInternal, "order");
      });
  for (std::size_t i = 0; i < 100; ++i) {
    Frame& frame = ring.next();
    frame.reserve(1, 0);
    frame.input[0] = static_cast<std::uint8_t>(i);
    REQUIRE(ring.submit().ok());
  }
  REQUIRE(ring.finish().ok());
  CHECK(taken == 100);
  CHECK(runs == 100);
  CHECK(made == 2);  // it does not try again for each frame
}

TEST_CASE("without memory for the work there is an error") {
  FrameRing ring(
      2, []() -> std::unique_ptr<FrameWork> { return nullptr; }, [](const Frame&) { return Status(); });
  ring.next().reserve(1, 0);
  REQUIRE(ring.submit().ok());
  CHECK(ring.finish().is(Error::kNoMemory));
}
