@echo off
rem Runs modelfile from a checkout with the JDK (25 or later) in JAVA_HOME or on the PATH; builds on first use.
rem MODELFILE_JAVA_OPTS: further options for java. After a change of the sources run: mvnw clean
setlocal
set "ROOT=%~dp0.."
set "JAR=%ROOT%\cli\target\modelfile-cli.jar"
set "JAVA=java"
if defined JAVA_HOME set "JAVA=%JAVA_HOME%\bin\java"
rem An option that only 25 and later accept tells the version.
"%JAVA%" -XX:+UseCompactObjectHeaders -version >nul 2>&1
if errorlevel 1 (
    echo modelfile: needs JDK 25 or later: install one ^(https://adoptium.net^) or set JAVA_HOME to it 1>&2
    exit /b 69
)
if not exist "%JAR%" (
    echo modelfile: building ^(once^) ... 1>&2
    pushd "%ROOT%"
    call mvnw.cmd -q -pl cli -am package -Dmaven.test.skip=true -Dformat=skip 1>&2
    if errorlevel 1 (
        popd
        exit /b 70
    )
    popd
)
"%JAVA%" -XX:+UseSerialGC %MODELFILE_JAVA_OPTS% -jar "%JAR%" %*
exit /b %errorlevel%
