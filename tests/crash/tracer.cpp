// crash_tracer: runs a program and does something to it at one of its system calls.
//
//   crash_tracer count ROOT OUT -- PROGRAM...             lists all points: writes, syncs, truncations, renames and removals
//                                                         of files below ROOT, and what goes through sockets
//   crash_tracer kill before|after POINT ROOT OUT -- …    SIGKILL there
//   crash_tracer cut|torn POINT ROOT OUT -- …             the power goes before it: SIGKILL, and what was not synced is undone;
//                                                         torn: every second change of it had reached the disk
//   crash_tracer fail ERROR TIMES POINT ROOT OUT -- …     the call fails with ENOSPC, EIO or EROFS, and so do the next TIMES - 1
//                                                         of its kind on its file; 0: all writes and syncs below ROOT from there on
//   crash_tracer full POINT ROOT OUT -- …                 from there on the disk of ROOT has no room, but what its file `ballast` gives
//                                                         back; mock_venue.* lies on another disk
//   crash_tracer hold COMMAND POINT ROOT OUT -- …         SIGSTOP after it; then COMMAND is run, and SIGCONT
//
// OUT gets the list, or the one word `reached` or `missed`. Ends with the program's exit code, 137 when it was killed, 124
// after 120 seconds, 77 where processes cannot be traced.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "point.hpp"
#include "unsynced.hpp"

namespace crash {
namespace {

enum class Do { count, kill_before, kill_after, cut, torn, fail, full, hold };

struct Task {
  Do what = Do::count;
  Point point;
  std::string root, out, meanwhile;
  int error = 0;
  std::uint64_t times = 1;
  char** program = nullptr;
};

[[noreturn]] void give_up(const char* what, int code) {
  std::fprintf(stderr, "crash_tracer: %s: %s\n", what, std::strerror(errno));
  std::_Exit(code);
}

/// Only the calls that are looked at stop the process: all others run at full speed.
void filter_calls() {
  std::vector<sock_filter> f;
  f.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  const auto [calls, n] = watched_calls();
  for (std::size_t i = 0; i < n; ++i) {
    f.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(calls[i]), 0, 1));
    f.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
  }
  f.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(f.size()), f.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0)
    give_up("seccomp", 77);
}

volatile sig_atomic_t over_time = 0;

class Tracer {
  const Task& task_;
  pid_t main_ = 0;
  Ordinals ordinals_;
  Unsynced unsynced_;
  std::vector<std::string> list_;
  struct Inside {
    Call call;
    std::uint64_t mark;
    bool is_point;
  };
  std::map<pid_t, Inside> inside_;  // calls whose return is waited for
  bool reached_ = false, holding_ = false, failing_all_ = false;
  std::uint64_t failures_left_ = 0;
  std::uint64_t room_ = 0;  // on the full disk
  std::set<pid_t> halted_;

 public:
  explicit Tracer(const Task& task) : task_(task) {}

  int run() {
    start();
    int code = 0;
    for (;;) {
      int status = 0;
      const pid_t thread = ::waitpid(-1, &status, __WALL);
      if (over_time != 0) ::kill(main_, SIGKILL);
      if (thread < 0 && errno == EINTR) continue;
      if (thread < 0) break;
      if (WIFSTOPPED(status)) {
        stopped(thread, status);
      } else {
        inside_.erase(thread);
        halted_.erase(thread);
        if (thread == main_) code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      }
    }
    if (reached_ && (task_.what == Do::cut || task_.what == Do::torn)) unsynced_.cut(task_.what == Do::torn);
    tell();
    return over_time != 0 ? 124 : code;
  }

 private:
  void start() {
    int gate[2];
    if (::pipe(gate) != 0) give_up("pipe", 70);
    main_ = ::fork();
    if (main_ == 0) {
      char go = 0;
      ::close(gate[1]);
      if (::read(gate[0], &go, 1) != 1) std::_Exit(70);
      ::close(gate[0]);
      filter_calls();
      ::execvp(task_.program[0], task_.program);
      give_up(task_.program[0], 127);
    }
    ::close(gate[0]);
    constexpr unsigned long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                                      PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
    if (::ptrace(PTRACE_SEIZE, main_, nullptr, options) != 0) {
      ::kill(main_, SIGKILL);
      give_up("ptrace", 77);
    }
    if (::write(gate[1], "x", 1) != 1) give_up("pipe", 70);
    ::close(gate[1]);
    struct sigaction alarm {};
    alarm.sa_handler = [](int) { over_time = 1; };
    ::sigaction(SIGALRM, &alarm, nullptr);
    ::alarm(120);
  }

  static void go_on(pid_t thread, int signal = 0) { ::ptrace(PTRACE_CONT, thread, nullptr, static_cast<long>(signal)); }

  void stopped(pid_t thread, int status) {
    const int event = status >> 16, signal = WSTOPSIG(status);
    if (event == PTRACE_EVENT_SECCOMP) return before(thread);
    if (event == PTRACE_EVENT_STOP && (signal == SIGSTOP || signal == SIGTSTP)) return halted(thread);
    if (event != 0) return go_on(thread);
    if (signal == (SIGTRAP | 0x80)) return after(thread);
    go_on(thread, signal);
  }

  bool killed() const noexcept { return reached_ && task_.what != Do::fail && task_.what != Do::full && task_.what != Do::hold; }

  void before(pid_t thread) {
    if (killed()) return go_on(thread);  // it meets its end, not the call
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) <= 0) return go_on(thread);
    std::array<std::uint64_t, 6> arguments{};
    for (std::size_t i = 0; i < arguments.size(); ++i) arguments[i] = info.seccomp.args[i];
    auto call = call_of(thread, info.seccomp.nr, arguments, task_.root);
    if (!call) return go_on(thread);
    const std::uint64_t ordinal = ordinals_.next(*call);
    if (task_.what == Do::count)
      list_.push_back(std::string(word_of(call->kind)) + ":" + call->name + ":" + std::to_string(ordinal) + " " +
                      std::to_string(call->bytes));
    const bool here = !reached_ && ordinal == task_.point.ordinal && task_.point.same_place(*call);
    switch (task_.what) {
      case Do::count: return go_on(thread);
      case Do::kill_before:
        if (here) return kill_all();
        return go_on(thread);
      case Do::cut:
      case Do::torn:
        if (here) return kill_all();
        if (call->kind == Kind::write || call->kind == Kind::truncate) unsynced_.about_to(thread, *call);
        if (call->kind == Kind::unlink) unsynced_.removed(call->path);
        if (call->kind == Kind::rename) unsynced_.renamed(call->other, call->path);
        if (call->kind != Kind::sync) return go_on(thread);
        break;
      case Do::fail:
        if (here) reached_ = true, failures_left_ = task_.times, failing_all_ = task_.times == 0;
        if (fails(*call)) refuse(thread);
        return go_on(thread);
      case Do::full:
        if (here) reached_ = true;
        if (reached_ && !fits(*call)) refuse(thread);
        return go_on(thread);
      case Do::kill_after:
      case Do::hold:
        if (!here) return go_on(thread);
        break;
    }
    inside_[thread] = {std::move(*call), unsynced_.mark(), here};
    ::ptrace(PTRACE_SYSCALL, thread, nullptr, nullptr);
  }

  void after(pid_t thread) {
    const auto it = inside_.find(thread);
    if (it == inside_.end()) return go_on(thread);
    const Inside done = std::move(it->second);
    inside_.erase(it);
    if (done.call.kind == Kind::sync) {
      __ptrace_syscall_info info{};
      if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) > 0 && info.exit.is_error == 0)
        unsynced_.synced(done.call.path, done.mark);
    }
    if (done.is_point && task_.what == Do::kill_after) return kill_all();
    if (done.is_point && task_.what == Do::hold) {
      reached_ = holding_ = true;
      ::kill(main_, SIGSTOP);
    }
    go_on(thread);
  }

  void kill_all() {
    reached_ = true;
    ::kill(main_, SIGKILL);
  }

  bool fails(const Call& call) {
    if (failing_all_) return call.kind == Kind::write || call.kind == Kind::sync;
    if (failures_left_ == 0 || !task_.point.same_place(call)) return false;
    --failures_left_;
    return true;
  }

  /// What a file has already takes no room a second time.
  bool fits(const Call& call) {
    std::error_code ec;
    const auto size = std::filesystem::file_size(call.path, ec);
    const std::uint64_t had = ec ? 0 : size;
    if (call.name == "ballast" && (call.kind == Kind::truncate || call.kind == Kind::unlink)) {
      const std::uint64_t keeps = call.kind == Kind::unlink ? 0 : call.bytes;
      if (keeps < had) room_ += had - keeps;
      return true;
    }
    if (call.kind != Kind::write || call.name.starts_with("mock_venue")) return true;
    const std::uint64_t end = static_cast<std::uint64_t>(call.at) + call.bytes, more = end > had ? end - had : 0;
    if (more > room_) return false;
    room_ -= more;
    return true;
  }

  /// The call is left out, and this is its answer.
  void refuse(pid_t thread) {
#if defined(__x86_64__)
    user_regs_struct regs{};
    if (::ptrace(PTRACE_GETREGS, thread, nullptr, &regs) != 0) give_up("ptrace", 70);
    regs.orig_rax = ~0ull;
    regs.rax = static_cast<unsigned long long>(-static_cast<long long>(task_.error));
    if (::ptrace(PTRACE_SETREGS, thread, nullptr, &regs) != 0) give_up("ptrace", 70);
#else
    static_cast<void>(thread);
    errno = ENOSYS;
    give_up("fail", 77);
#endif
  }

  /// Stopped by SIGSTOP, as all its threads. When all of them are, the others' time has come.
  void halted(pid_t thread) {
    ::ptrace(PTRACE_LISTEN, thread, nullptr, nullptr);
    halted_.insert(thread);
    std::error_code ec;
    std::size_t threads = 0;
    for ([[maybe_unused]] const auto& t : std::filesystem::directory_iterator("/proc/" + std::to_string(main_) + "/task", ec)) ++threads;
    if (!holding_ || halted_.size() < threads) return;
    holding_ = false;
    if (std::system(task_.meanwhile.c_str()) != 0) reached_ = false;  // NOLINT: a command of the test's own
    halted_.clear();
    ::kill(main_, SIGCONT);
  }

  void tell() const {
    std::ofstream out(task_.out);
    for (const std::string& line : list_) out << line << '\n';
    if (task_.what != Do::count) out << (reached_ ? "reached" : "missed") << '\n';
    if (!out.flush()) give_up(task_.out.c_str(), 70);
  }
};

int usage() {
  std::fputs("usage: crash_tracer count|kill before|kill after|cut|torn|fail ERROR TIMES|full|hold COMMAND [POINT] ROOT OUT -- PROGRAM...\n", stderr);
  return 2;
}

}  // namespace
}  // namespace crash

int main(int argc, char** argv) {
  using namespace crash;
  std::vector<std::string> words;
  int i = 1;
  for (; i < argc && std::string_view(argv[i]) != "--"; ++i) words.emplace_back(argv[i]);
  if (words.size() < 3 || i + 1 >= argc) return usage();
  Task t;
  t.program = argv + i + 1;
  t.out = words.back(), words.pop_back();
  t.root = words.back(), words.pop_back();
  const std::string what = words.front();
  if (what != "count") {
    const auto point = Point::parse(words.back());
    words.pop_back();
    if (!point || words.empty()) return usage();
    t.point = *point;
  }
  if (what == "count" && words.size() == 1) t.what = Do::count;
  else if (what == "kill" && words.size() == 2 && (words[1] == "before" || words[1] == "after"))
    t.what = words[1] == "before" ? Do::kill_before : Do::kill_after;
  else if (what == "cut" && words.size() == 1) t.what = Do::cut;
  else if (what == "torn" && words.size() == 1) t.what = Do::torn;
  else if (what == "fail" && words.size() == 3) {
    t.what = Do::fail;
    t.error = words[1] == "ENOSPC" ? ENOSPC : words[1] == "EIO" ? EIO : words[1] == "EROFS" ? EROFS : 0;
    t.times = std::strtoull(words[2].c_str(), nullptr, 10);
    if (t.error == 0) return usage();
  } else if (what == "full" && words.size() == 1) {
    t.what = Do::full, t.error = ENOSPC;
  } else if (what == "hold" && words.size() == 2) t.what = Do::hold, t.meanwhile = words[1];
  else return usage();
  return Tracer(t).run();
}
