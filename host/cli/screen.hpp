// The one-screen status of a run, drawn about twice a second on a terminal; a line every ten seconds where there is none.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "services/runtime/run.hpp"

namespace bowline::cli {

class Screen {
 public:
  /// `notes`: lines that stand below the numbers as long as the run lasts (where to look next, what is off).
  Screen(services::Run& run, std::vector<std::string> notes);
  ~Screen();  ///< stops drawing; the last picture stays, and an empty line follows it
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

 private:
  services::Run& run_;
  std::vector<std::string> notes_;
  bool terminal_;
  std::mutex lock_;
  std::condition_variable wake_;
  bool over_ = false;     // under lock_
  bool asked_ = false;    // under lock_: the core thread owes a picture
  std::string picture_;   // under lock_
  std::string line_;      // under lock_
  std::thread thread_;

  void draw();
  void collect();  // core thread
};

}  // namespace bowline::cli
