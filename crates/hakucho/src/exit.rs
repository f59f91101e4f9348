//! Exit codes: 0 done, 1 the work found something wrong, 2 arguments, configuration or I/O.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for was done.
    Done,
    /// The work was done and found something wrong: it is named in the output.
    FoundWrong,
    /// Arguments, configuration or I/O kept the work from being done.
    Broken,
}

impl Exit {
    fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::FoundWrong => 1,
            Self::Broken => 2,
        })
    }

    /// Prints a line to standard error and gives the code.
    pub fn say(self, line: &str) -> ExitCode {
        eprintln!("hakucho: {line}");
        self.code()
    }
}

/// The code of a finished command; an error is told with its causes.
pub fn code(result: anyhow::Result<Exit>) -> ExitCode {
    match result {
        Ok(exit) => exit.code(),
        Err(error) => {
            let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
            Exit::Broken.say(&causes.join(": "))
        }
    }
}
