//! Processes of the product: they start, work, stop where they are, and come back.

use crate::chance::Chance;
use crate::clock::ProcessClock;
use crate::executor::TaskId;
use crate::trace::Trace;
use crate::world::World;
use engine::{Engine, Intake, Outcome, Worker};
use kernel::Timestamp;
use ports::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Most processes that import files at once.
const IMPORTERS: u32 = 2;

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Role {
    /// It takes deliveries.
    pub intake: bool,
    /// It decides and posts.
    pub worker: bool,
    /// It imports files.
    pub importing: bool,
}

impl Role {
    /// It takes deliveries.
    pub const INTAKE: Self = Self { intake: true, worker: false, importing: false };
    /// It imports files, as somebody's command or a job of every night.
    pub const IMPORT: Self = Self { intake: false, worker: false, importing: true };
}

/// A running process.
pub struct Process {
    name: String,
    role: Role,
    tasks: Vec<TaskId>,
    clock: ProcessClock,
}

impl World {
    /// Starts the processes of the profile: the first takes deliveries, unless the intake is a
    /// process of its own.
    pub fn start_processes(&mut self) {
        if self.naive.is_some() {
            return self.start_process(Role::INTAKE, 0);
        }
        let split = self.profile.processes.split_intake > 0;
        if split {
            self.start_process(Role::INTAKE, 0);
        }
        for n in 0..self.profile.workers {
            let intake = !split && n == 0;
            self.start_process(Role { intake, worker: true, importing: false }, 0);
        }
        if self.shape.order_system.is_file() {
            for _ in 0..self.chance.within([1, IMPORTERS]) {
                self.start_process(Role::IMPORT, 0);
            }
        }
    }

    /// Starts a process after `delay_s` seconds.
    pub fn start_process(&mut self, role: Role, delay_s: u32) {
        let (name, clock) = self.new_process();
        if let Some(memory) = self.naive.clone() {
            let store = self.engine.store.clone();
            let Ok((engine, _)) = self.maker.unpaced(&name, &clock, store) else { return };
            let tasks = self.open_desk(engine, &memory, delay_s);
            return self.processes.push(Process { name, role, tasks, clock });
        }
        let Ok(engine) = self.maker.engine(&name, &clock) else { return };
        self.trace.note(self.now(), &name, || format!("starts in {delay_s} s: {role:?}"));
        let mut tasks = Vec::new();
        if role.intake {
            let intake = Arc::new(Intake::new(engine.clone()));
            tasks.extend(self.open_door(&intake, delay_s));
            tasks.extend(self.start_reading(engine.clone(), &name, delay_s));
        }
        if role.worker {
            tasks.push(self.spawn_worker(engine.clone(), name.clone(), false, delay_s));
        }
        if role.importing {
            tasks.push(self.start_importing(engine, &name, delay_s));
        }
        self.processes.push(Process { name, role, tasks, clock });
    }

    /// A process dies wherever its tasks wait, and another takes its place some time later.
    pub fn crash(&mut self) -> bool {
        if self.processes.is_empty() {
            return false;
        }
        let n = usize::try_from(self.chance.below(self.processes.len() as u64)).unwrap_or(0);
        let role = self.end_process(n);
        let delay = self.chance.within([0, self.profile.processes.restart_s]);
        self.start_process(role, delay);
        true
    }

    fn end_process(&mut self, n: usize) -> Role {
        let process = self.processes.remove(n);
        for task in process.tasks {
            self.executor.kill(task);
        }
        if process.role.intake {
            self.mailbag.cut_off();
        }
        self.folder.let_go(&process.name);
        self.trace.note(self.now(), &process.name, || "crashes".to_owned());
        process.role
    }

    /// A process gets no turn for some time, longer than its lease perhaps.
    pub fn pause(&mut self) -> bool {
        if self.processes.is_empty() {
            return false;
        }
        let n = usize::try_from(self.chance.below(self.processes.len() as u64)).unwrap_or(0);
        let seconds = self.chance.within([1, self.profile.processes.pause_s.max(1)]);
        let until = self.now().plus_seconds(i64::from(seconds));
        let process = &self.processes[n];
        self.executor.pause(&process.tasks, until);
        let now = self.now();
        self.trace.note(now, &self.processes[n].name, || format!("stands still for {seconds} s"));
        true
    }

    /// Somebody changes the rules: every process is started again, one by one.
    pub fn change_rules(&mut self) {
        self.maker.rules_changed.store(true, Ordering::Relaxed);
        self.trace.note(self.now(), "accountant", || "changes the mapping rules".to_owned());
        for _ in 0..self.processes.len() {
            let role = self.end_process(0);
            let delay = self.chance.within([0, 30]);
            self.start_process(role, delay);
        }
    }

    /// The clock of a process steps.
    pub fn step_a_clock(&mut self) {
        if self.processes.is_empty() {
            return;
        }
        let n = usize::try_from(self.chance.below(self.processes.len() as u64)).unwrap_or(0);
        let by = i64::from(self.chance.within([0, 2 * self.profile.clocks.step_ms]));
        let by = by - i64::from(self.profile.clocks.step_ms);
        self.processes[n].clock.step(by * 1_000);
        let now = self.now();
        self.trace.note(now, &self.processes[n].name, || format!("finds its clock {by} ms on"));
    }

    /// All processes stop for good.
    pub fn end_processes(&mut self) {
        while !self.processes.is_empty() {
            self.end_process(0);
        }
    }

    /// The engine of a process that is started now.
    pub(crate) fn engine_of_a_new_process(&mut self) -> (Engine, String) {
        let (name, clock) = self.new_process();
        let engine = self.maker.engine(&name, &clock);
        (engine.unwrap_or_else(|_| self.engine.clone()), name)
    }

    fn new_process(&mut self) -> (String, ProcessClock) {
        self.started += 1;
        let skew = i64::from(self.profile.clocks.skew_ms);
        let off = if skew == 0 {
            0
        } else {
            i64::from(self.chance.within([0, self.profile.clocks.skew_ms * 2])) - skew
        };
        let clock = ProcessClock::new(self.executor.clock(), off * 1_000);
        (format!("process {}", self.started), clock)
    }

    /// Starts the worker of a process after some seconds.
    pub(crate) fn work(
        &mut self,
        (engine, name): (Engine, String),
        drain: bool,
        delay_s: u32,
    ) -> TaskId {
        self.trace.note(self.now(), &name, || "starts to work".to_owned());
        self.spawn_worker(engine, name, drain, delay_s)
    }

    fn spawn_worker(&mut self, engine: Engine, name: String, drain: bool, delay_s: u32) -> TaskId {
        let work = Work {
            engine,
            name,
            stop: Arc::clone(&self.stop),
            trace: self.trace.clone(),
            chance: self.chance.clone(),
        };
        let (clock, at) = (self.executor.clock(), self.now().plus_seconds(i64::from(delay_s)));
        let task = async move {
            clock.sleep_until(at).await;
            work.until_done(drain, &clock).await;
        };
        self.executor.spawn("worker", Box::pin(task))
    }
}

/// What the loop of a worker needs.
struct Work {
    engine: Engine,
    name: String,
    stop: Arc<AtomicBool>,
    trace: Trace,
    chance: Chance,
}

impl Work {
    /// Prepares as a process does that starts, waits for the lane, works, and ends when asked or
    /// drained.
    async fn until_done(self, drain: bool, clock: &impl Clock) {
        while let Err(e) = self.engine.prepare().await {
            self.note(clock.now(), || format!("could not start: {e}"));
            self.rest(clock).await;
        }
        loop {
            let asked = Arc::clone(&self.stop);
            let going = move |_: &engine::Progress| !asked.load(Ordering::Relaxed);
            let mut worker = Worker::new(self.engine.clone(), self.name.clone(), going);
            let outcome = worker.run(drain).await;
            self.note(clock.now(), || match &outcome {
                Ok(Outcome::Busy) => "finds the lane in other hands".to_owned(),
                Ok(Outcome::Drained) => "has nothing left to do".to_owned(),
                Ok(Outcome::Stopped) => "stops as asked".to_owned(),
                Err(e) => format!("gives up its session: {e}"),
            });
            match outcome {
                Ok(Outcome::Drained | Outcome::Stopped) => return,
                _ if self.stop.load(Ordering::Relaxed) => return,
                _ => self.rest(clock).await,
            }
        }
    }

    fn note(&self, now: Timestamp, what: impl FnOnce() -> String) {
        self.trace.note(now, &self.name, what);
    }

    async fn rest(&self, clock: &impl Clock) {
        let wait = i64::from(self.chance.within([1, 10]));
        clock.sleep_until(clock.now().plus_seconds(wait)).await;
    }
}
